"""Readers and writers of music files; no other package imports symusic or music21."""
