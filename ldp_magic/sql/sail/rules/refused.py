"""What cannot be answered as Spark would, by name and with the reason."""

from __future__ import annotations

from ldp_magic.sql.sail.site import Rule

CALLS: dict[str, Rule] = {}
