"""Reading `@dp` and `@dlt` pipeline code by its syntax tree. Nothing of it is ever run."""

from ldp_magic.python.reading import read

__all__ = ["read"]
