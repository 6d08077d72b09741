"""An update as one page that is read without us: in a browser, in a mail, on paper."""

from ldp_magic.show.report.facts import Facts
from ldp_magic.show.report.page import html
from ldp_magic.show.report.words import summary

__all__ = ["Facts", "html", "summary"]
