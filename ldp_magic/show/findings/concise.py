"""One line a finding, for problem matchers: never wrapped, cut or padded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ldp_magic.lint.finding import Finding
from ldp_magic.show.pen import Pen
from ldp_magic.show.places import where


def concise(findings: Sequence[Finding], pen: Pen) -> Iterator[str]:
    """`path:line:col: severity CODE message [safe fix]`"""
    for f in findings:
        yield f"{pen.theirs(where(f.location))}: {f.severity} {f.code} {pen.theirs(f.message)}{_fix(f)}"


def _fix(finding: Finding) -> str:
    if finding.fix is None:
        return ""
    return " [safe fix]" if finding.fix.safe else " [fix needs a decision]"
