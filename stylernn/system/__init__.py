"""Files, caches, limits and processes: protection of the machine and of the user's files."""
