"""Transfer and generation: what the other packages are for."""
