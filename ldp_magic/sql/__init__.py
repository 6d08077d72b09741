"""Pipeline SQL: statements, queries and their facts, types and column lineage. The only room that knows sqlglot."""

from ldp_magic.sql.statements import read

__all__ = ["read"]
