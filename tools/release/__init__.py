"""What makes the model file, step by step: `python -m tools.release all DATA`."""
