"""Objective metrics for style transfer of melodies, in the manner of mir_eval.

One module holds one chapter: `content`, `style`, `realism`, `overlap`, `originality`, `bits`,
`music` and `control`. `metrics` lists the metrics for the table of a report and measures a set of
outputs in one call.
"""
