"""No garbage collection while many small objects are made that all stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def calm() -> Iterator[None]:
    """Pause the collector: a query's tree is thousands of objects, none of them garbage, and looking through them
    again and again costs as much as parsing. Reading one query is always calm; wrap the reading of many.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
