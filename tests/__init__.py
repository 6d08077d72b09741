"""The tests mirror the rooms of `ldp_magic`; `tests.readme` and `tests.benchmarks` are commands."""
