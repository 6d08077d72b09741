"""An update, running or ended: as text, HTML and JSON; its events as the lines of a log."""

from ldp_magic.show.updates.data import json
from ldp_magic.show.updates.html import html
from ldp_magic.show.updates.line import line_of
from ldp_magic.show.updates.text import block, text

__all__ = ["block", "html", "json", "line_of", "text"]
