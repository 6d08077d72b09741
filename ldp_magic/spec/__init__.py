"""Pipelines in YAML: what a spec says, read line by line, and the JSON schema of what it may say."""

from ldp_magic.spec.model import PipelineSpec, Spec
from ldp_magic.spec.read import is_spec, read
from ldp_magic.spec.schema import schema

__all__ = ["PipelineSpec", "Spec", "is_spec", "read", "schema"]
