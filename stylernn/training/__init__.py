"""Training the network, and how well it predicts."""
