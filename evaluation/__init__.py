"""Objective metrics for symbolic style transfer, in the manner of mir_eval: one module a chapter."""
