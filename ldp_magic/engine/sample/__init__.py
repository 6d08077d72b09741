"""Some rows of a source for this machine: taken from where the source is, or made up."""

from ldp_magic.engine.sample.fixture import write
from ldp_magic.engine.sample.made import made
from ldp_magic.engine.sample.masks import masked
from ldp_magic.engine.sample.taken import lines_of, rows_of

__all__ = ["lines_of", "made", "masked", "rows_of", "write"]
