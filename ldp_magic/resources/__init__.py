"""Pipeline and environment -> the files, pipelines, jobs and rights that a workspace should hold, as plain JSON."""

from ldp_magic.resources.wanted import ROOT, File, Json, Kind, Problem, Resource, Wanted, ref

__all__ = ["ROOT", "File", "Json", "Kind", "Problem", "Resource", "Wanted", "ref"]
