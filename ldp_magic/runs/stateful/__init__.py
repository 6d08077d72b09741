"""Flows that remember: watermarks, aggregates over event time, rows without duplicates, joins of two streams."""

from ldp_magic.runs.stateful.aggregates import stateful
from ldp_magic.runs.stateful.frames import kind_of_frame, stateful_frame
from ldp_magic.runs.stateful.joins import joined
from ldp_magic.runs.stateful.kinds import kind_of

__all__ = ["joined", "kind_of", "kind_of_frame", "stateful", "stateful_frame"]
