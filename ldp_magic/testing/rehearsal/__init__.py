"""A pipeline's sources arrive in steps, each of them one real update over a lake that is thrown away."""

from ldp_magic.testing.rehearsal.model import Batch, Compared, Line, Made, Passed, Rehearsal
from ldp_magic.testing.rehearsal.rehearse import rehearse

__all__ = ["Batch", "Compared", "Line", "Made", "Passed", "Rehearsal", "rehearse"]
