"""Choosing the best of several candidates, and finding those that copy the training set."""
