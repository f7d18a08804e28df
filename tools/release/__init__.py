"""What makes the model file, step by step."""
