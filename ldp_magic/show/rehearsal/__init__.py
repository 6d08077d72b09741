"""A rehearsal: the steps of a stream, and what they teach; as text, HTML and JSON."""

from ldp_magic.show.rehearsal.data import json
from ldp_magic.show.rehearsal.html import html
from ldp_magic.show.rehearsal.text import text

__all__ = ["html", "json", "text"]
