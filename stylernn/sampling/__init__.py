"""One batch of candidate melodies from the network."""
