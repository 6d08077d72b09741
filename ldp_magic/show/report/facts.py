"""All that a report tells of an update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ldp_magic.events import FlowState, Updated
from ldp_magic.lint.finding import Finding
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.runs.broken import Reason
from ldp_magic.runs.outcome import Outcome
from ldp_magic.show.report.plan import Planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An update, the pipeline as it is now, what was counted, rows that broke expectations, and what lint finds."""

    pipeline: Pipeline
    update: Updated
    before: Updated | None = None  # the update of this pipeline before it
    outcomes: tuple[Outcome, ...] = ()  # of the datasets whose expectations it checked
    reasons: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)  # by dataset
    findings: tuple[Finding, ...] | None = None  # None: nobody looked
    zone: str = "UTC"
    remark: str = ""  # why rows are not shown
    plan: tuple[Planned, ...] = ()  # what any update does
    schedule: str = ""  # when updates run, in words

    def flows(self, dataset: str) -> list[FlowState]:
        """The flows that write a dataset."""
        return [flow for flow in self.update.flows if flow.dataset == dataset]

    def outcome(self, dataset: str) -> Outcome | None:
        """What was counted of a dataset."""
        return next((each for each in self.outcomes if each.dataset.name == dataset), None)
