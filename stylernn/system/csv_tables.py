"""Reading of CSV tables that users provide: manifests of folders, answers of listeners."""

import csv
import io
from collections.abc import Collection
from pathlib import Path

from stylernn.errors import FileFormatError
from stylernn.system import limits

__all__ = ["read_table"]


def read_table(path: Path, columns: Collection[str]) -> list[dict[str, str]]:
    r"""Read a CSV table, within the limits `megabytes` and `rows`.

    Args:
        path: a file in UTF-8; its first row names the columns.
        columns: names of the required columns; the table may have more.

    Returns:
        One mapping a row, from the name of a column to the cell; a missing cell is "".

    Raises:
        FileFormatError: if the file cannot be read, lacks a column or is too large.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "manifest.csv")
        ...     _ = path.write_text("file,style\na.mid,jazz\nb.mid\n")
        ...     read_table(path, ["file"])
        [{'file': 'a.mid', 'style': 'jazz'}, {'file': 'b.mid', 'style': ''}]
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
