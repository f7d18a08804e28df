"""Melodies as pictures: piano rolls, engraved pages, HTML."""
