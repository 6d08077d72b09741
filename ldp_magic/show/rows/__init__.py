"""The rows of a dataset or a query, with what they are worth: as text, HTML, JSON and CSV."""

from ldp_magic.show.rows.data import csv, json
from ldp_magic.show.rows.html import html
from ldp_magic.show.rows.text import text

__all__ = ["csv", "html", "json", "text"]
