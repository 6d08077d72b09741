"""Values of many sources -> one pure graph: names, streamness, order, schemas, column lineage."""

from ldp_magic.pipeline.build import across, build

__all__ = ["across", "build"]
