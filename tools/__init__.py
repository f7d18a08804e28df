"""Programs around the package that are not part of the wheel.

`release` makes the model file, `robustness` attacks the package, `studies` are experiments.
"""
