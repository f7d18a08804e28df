"""Experiments on the model that make no part of it."""
