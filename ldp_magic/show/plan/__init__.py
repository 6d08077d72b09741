"""What a deploy would do: who and where first, then files, settings, and what happens to the rows."""

from ldp_magic.show.plan.data import json
from ldp_magic.show.plan.html import html
from ldp_magic.show.plan.text import text
from ldp_magic.show.plan.words import apply_line

__all__ = ["apply_line", "html", "json", "text"]
