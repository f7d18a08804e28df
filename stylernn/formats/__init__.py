"""Music files to melodies and back; the only modules that import symusic and music21."""
