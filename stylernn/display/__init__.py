"""Pictures of melodies: piano rolls, engraved pages and HTML."""
