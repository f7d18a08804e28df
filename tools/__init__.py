"""What makes the model file, what attacks the package, and what studies the model; not part of the wheel."""
