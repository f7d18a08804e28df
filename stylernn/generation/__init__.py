"""The two operations of stylernn: transfer of a tune into a style, and generation of new melodies.

Both have three steps. They make a plan (`planning` for transfer; `generate` makes its own), let
`sampling.candidates.compose` draw candidates for it, and choose among the candidates (`reranking`
for transfer; `cadence` for generation). `tune_options` and `option_limits` check what a user asks
for, `provenance` describes where a result comes from, and `pair_quality` reads how well transfers
between two styles work.
"""
