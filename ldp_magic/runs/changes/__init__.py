"""AUTO CDC turn by turn: from a feed of changes, and from whole snapshots."""

from ldp_magic.runs.changes.feed import changes
from ldp_magic.runs.changes.snapshots import last_version, snapshot

__all__ = ["changes", "last_version", "snapshot"]
