"""What protects the machine and the user's files; nothing here knows music."""
