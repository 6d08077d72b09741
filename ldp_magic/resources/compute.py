"""Clusters, of a pipeline and of a job's tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ldp_magic.resources.wanted import Json

__all__ = ["job_cluster", "pipeline_cluster"]

_NAMES = {
    "node-type": "node_type_id",
    "driver-node-type": "driver_node_type_id",
    "workers": "num_workers",
    "policy": "policy_id",
    "instance-pool": "instance_pool_id",
    "spark-conf": "spark_conf",
    "tags": "custom_tags",
}


def pipeline_cluster(said: Mapping[str, Any]) -> dict[str, Json]:
    """The cluster that the updates of a pipeline run on."""
    mode = str(said.get("autoscale", "enhanced")).upper()
    return {"label": "default", **_cluster(said, {"mode": mode})}


def job_cluster(said: Mapping[str, Any]) -> dict[str, Json]:
    """A cluster for a task of a job, which has no mode of its own."""
    version = {"spark_version": said["spark-version"]} if "spark-version" in said else {}
    return {**version, **_cluster(said, {})}


def _cluster(said: Mapping[str, Any], more: Mapping[str, str]) -> dict[str, Json]:
    found: dict[str, Json] = {sent: said[name] for name, sent in _NAMES.items() if name in said}
    if "max-workers" in said:
        least = said.get("min-workers", 1)
        found["autoscale"] = {"min_workers": least, "max_workers": said["max-workers"], **more}
    return found
