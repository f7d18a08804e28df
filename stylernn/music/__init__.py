"""The melody and its analysis: key, harmony, descriptors, similarity; without files or models."""
