"""From local files to a frame, by the rules of Spark and Databricks: the embedded engine's own readers are not used.

files = listed("landing/orders", options)
format = format_of("json", options, style="read_files")
loaded = read(spark, files, format, "landing/orders", scratch=folder)
loaded.frame, loaded.notes
"""

from ldp_magic.engine.files.failure import FilesError, Unreadable
from ldp_magic.engine.files.format import Format, format_of
from ldp_magic.engine.files.listing import File, listed
from ldp_magic.engine.files.reading import Loaded, read
from ldp_magic.engine.files.schema import Schema, nothing, schema_of

__all__ = [
    "File",
    "FilesError",
    "Format",
    "Loaded",
    "Schema",
    "Unreadable",
    "format_of",
    "listed",
    "nothing",
    "read",
    "schema_of",
]
