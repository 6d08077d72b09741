"""Where sources come from: files, notebooks, declarations, folders; and the lock of what lies outside."""

from ldp_magic.project.discovery import find
from ldp_magic.project.files import read_text, write_text
from ldp_magic.project.graphs import graph, graphs, load, scripts
from ldp_magic.project.model import Members, Project

__all__ = ["Members", "Project", "find", "graph", "graphs", "load", "read_text", "scripts", "write_text"]
