"""YAML documents, which the room of specs reads."""

from ldp_magic.spec.documents import Value, Word, line_of, read_yaml

__all__ = ["Value", "Word", "line_of", "read_yaml"]
