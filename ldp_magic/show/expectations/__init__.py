"""What became of rows that broke expectations, and why: as text, HTML and JSON."""

from ldp_magic.show.expectations.data import json
from ldp_magic.show.expectations.html import all_html, html
from ldp_magic.show.expectations.quarantine import quarantine_html, quarantine_text
from ldp_magic.show.expectations.text import all_text, text

__all__ = ["all_html", "all_text", "html", "json", "quarantine_html", "quarantine_text", "text"]
