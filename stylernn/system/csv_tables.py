"""Tables in CSV that others have written: manifests of folders, answers of listeners."""

import csv
import io
from collections.abc import Collection
from pathlib import Path

from stylernn.errors import FileFormatError
from stylernn.system import limits

__all__ = ["read_table"]


def read_table(path: Path, columns: Collection[str]) -> list[dict[str, str]]:
    """Rows of a table, within the limits of megabytes and rows.

    Args:
        path: UTF-8, the first row naming the columns.
        columns: names that must be among them; the table may have more. A cell that is missing is "".

    Raises:
        FileFormatError: if the file cannot be read, is no such table, or is too large.
    """
    expected = f"UTF-8 with columns {', '.join(columns)}"
    try:
        text = limits.contents(path, "megabytes", remedy="Split it.").decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
        names = list(reader.fieldnames or ())
        if not set(columns) <= set(names):
            raise FileFormatError(
                f"cannot read {path}", expected=expected, found=", ".join(names)[:200] or "nothing"
            )
        rows: list[dict[str, str]] = []
        for row in reader:
            limits.check(
                "rows", len(rows) + 1, f"{path} is too long", unit="rows", remedy="Split it."
            )
            rows.append({name: row[name] for name in names})
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileFormatError(f"cannot read {path}", expected=expected, found=str(error)) from error
    return rows
