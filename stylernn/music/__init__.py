"""What a melody is, and what can be said of one: no files, no model."""
