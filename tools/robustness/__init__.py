"""Attacks on the package: fuzzing, mutations, kills."""
