"""Melodies to the arrays that the network reads and back; trainer and sampler share all of it."""
