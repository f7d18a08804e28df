"""Style transfer and style-conditioned generation of melodies with a conditional LSTM."""

__version__ = "0.1.0"
