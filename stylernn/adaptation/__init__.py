"""Styles of the user's own, and points between styles; the network stays as it is."""
