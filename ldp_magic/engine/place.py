"""Where the engine is: embedded, on Databricks, or at any Spark Connect server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ldp_magic.settings import Settings

Kind: TypeAlias = Literal["embedded", "databricks", "remote"]


@dataclass(frozen=True, slots=True)
class Place:
    """One place, with what is needed to get there."""

    kind: Kind = "embedded"
    address: str = ""  # of a Spark Connect server: sc://host:port
    profile: str = ""  # of a workspace; empty: as the environment says
    cluster: str = ""  # a cluster's id, or serverless; empty: as profile and environment say
    memory: int = 0  # bytes that the embedded engine may take; 0: no limit of ours
    zone: str = "UTC"  # the time zone of sessions

    def __str__(self) -> str:
        if self.kind == "databricks":
            return f"databricks, profile {self.profile}" if self.profile else "databricks"
        return self.address.partition(";")[0] if self.kind == "remote" else "embedded"  # behind ; may stand a token

    @property
    def embedded(self) -> bool:
        return self.kind == "embedded"


def place_of(settings: Settings) -> Place:
    """The place that the settings name."""
    kind: Kind = (
        "remote" if settings.place.startswith("sc://") else "databricks" if settings.place != "embedded" else "embedded"
    )
    return Place(
        kind=kind,
        address=settings.place if kind == "remote" else "",
        profile=settings.profile or "" if kind == "databricks" else "",
        cluster=settings.cluster or "" if kind == "databricks" else "",
        memory=settings.engine_memory or 0 if kind == "embedded" else 0,
        zone=settings.time_zone,
    )
