"""What attacks the package: fuzzing, mutations, kills."""
