"""Findings of the linter: for a reader, one line each, and for other programs."""

from ldp_magic.show.findings.concise import concise
from ldp_magic.show.findings.contract import as_json
from ldp_magic.show.findings.full import full, statistics, summary
from ldp_magic.show.findings.github import github
from ldp_magic.show.findings.html import html
from ldp_magic.show.findings.live import live, others
from ldp_magic.show.findings.sarif import sarif

__all__ = ["as_json", "concise", "full", "github", "html", "live", "others", "sarif", "statistics", "summary"]
