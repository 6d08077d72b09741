"""`%%ldp` and `%ldp` in IPython: the magics, the session of cells behind them, and what a cell answers."""

from ldp_magic.notebook.extension import load, unload

__all__ = ["load", "unload"]
