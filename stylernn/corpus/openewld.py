"""OpenEWLD lead sheets: the choice of the songs that are used, and their styles.

The collection claims to be in the public domain, but many of its songs are from 1931 to 1959 or
undated. The songs used are those that its database dates before 1931, and traditional ones whose
style is jazz. A song is a jazz standard if its recordings are filed under jazz or played in a style
of jazz. Any other song is a popular song of its time.

Reference:
    Simonetta (2018), Enhanced Wikifonia Leadsheet Dataset.
"""

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from stylernn.errors import CorpusError

__all__ = ["FIRST_PROTECTED_YEAR", "Song", "songs"]

FIRST_PROTECTED_YEAR = 1931
"""Songs first performed in this year or later are left out."""

_QUERY = """
    SELECT title, first_performance_date, path_leadsheet, genre, style,
           (SELECT group_concat(author, ', ') FROM work_author WHERE work_author.id = works.id)
    FROM works LEFT JOIN work_genres USING (id) LEFT JOIN work_style USING (id)
    GROUP BY path_leadsheet ORDER BY path_leadsheet
"""


class Song(NamedTuple):
    """A song that may be used.

    Args:
        path: of its lead sheet in the repository.
        jazz: whether it is a jazz standard rather than a popular song of its time.
        title: as in the database.
        authors: separated by commas, "" where unknown.
    """

    path: str
    jazz: bool
    title: str
    authors: str


def songs(database: Path, *, jazz_styles: Collection[str], genres: Collection[str]) -> list[Song]:
    """The songs that may be used.

    Args:
        database: path of OpenEWLD.db.
        jazz_styles: styles of recordings that make a song a jazz standard, whatever its genre.
        genres: genres whose other songs are popular songs.

    Returns:
        Songs in the order of their paths.

    Raises:
        CorpusError: if the database cannot be read.
    """
    try:
        with closing(
            sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
        ) as connection:
            rows = connection.execute(_QUERY).fetchall()
    except sqlite3.Error as error:
        raise CorpusError(
            f"cannot read {database}", expected="OpenEWLD's database", found=str(error)
        ) from None
    found = []
    for title, date, path, genre, style, authors in rows:
        jazz = genre == "Jazz" or style in jazz_styles
        year = str(date or "")[:4]
        old = year.isdigit() and int(year) < FIRST_PROTECTED_YEAR
        if (old and (jazz or genre in genres)) or (jazz and authors == "[Traditional]"):
            found.append(Song(path, jazz, str(title), str(authors or "")))
    return found
