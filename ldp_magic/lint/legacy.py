"""Old names of the Python pipeline API, what has replaced them, and the edits that take a use from one to the other."""

from __future__ import annotations

import ast

from ldp_magic.python.definitions import NAMES
from ldp_magic.python.modules import File, Module
from ldp_magic.text import Edit, Location

SUCCESSORS = {
    "view": "temporary_view",
    "create_view": "temporary_view",
    "create_table": "table",
    "create_target_table": "create_streaming_table",
    "create_streaming_live_table": "create_streaming_table",
    "apply_changes": "create_auto_cdc_flow",
    "apply_changes_from_snapshot": "create_auto_cdc_from_snapshot_flow",
}
READERS = {"read": "spark.read.table", "read_stream": "spark.readStream.table", "readStream": "spark.readStream.table"}
_CDC_POSITIONS = 4  # target, source, keys, sequence_by: behind these the two functions differ
_CDC_CHANGED = {"where", "flow_name"}


class Uses:
    """Where a file uses an imported module, and as what."""

    def __init__(self, file: File, path: str) -> None:
        self.file = file
        self.attributes: list[tuple[Module, ast.Attribute]] = []
        self.bare: list[tuple[Module, ast.Name]] = []
        self.calls: dict[ast.expr, ast.Call] = {}
        for module in file.modules:
            self._look(module, path)
        self.decorators = {d.call.func if d.call else d.node for f in file.decorated for d in f.decorators}

    def _look(self, module: Module, path: str) -> None:
        held: set[ast.AST] = set()
        names: list[ast.Name] = []
        for node in (each.node for each in module.nodes):
            if isinstance(node, ast.Call):
                self.calls[node.func] = node
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if self.file.path(node.value) == path:
                    self.attributes.append((module, node))
                    held.add(node.value)
            elif isinstance(node, ast.Name) and self.file.path(node) == path:
                names.append(node)
        self.bare += [(module, name) for name in names if name not in held]

    def edits(self, module: Module, node: ast.Attribute, local: str, *, private: bool = True) -> list[Edit] | None:
        """What makes `dlt.view` out of `dp.temporary_view`; None where nothing means just the same."""
        call = self.calls.get(node)
        if not module.exact(node):
            return None
        if node.attr in READERS:
            return self._read(module, node, call)
        if node.attr not in NAMES or (node.attr == "create_table" and node not in self.decorators):
            return None
        if node.attr.startswith("apply_changes") and not _same_arguments(call):
            return None
        named = [temporary] if (temporary := _temporary(call)) is not None else []
        if named and not private:
            return None
        edits = [Edit(keyword_name(module, each), "private") for each in named]
        text = f"{local}.{SUCCESSORS.get(node.attr, node.attr)}"
        where = module.at(node)
        return [*edits, Edit(where, text)] if where.text != text else edits

    def _read(self, module: Module, node: ast.Attribute, call: ast.Call | None) -> list[Edit] | None:
        if call is None or "spark" in self.file.bound or len(call.args) + len(call.keywords) != 1:
            return None
        edits = [Edit(keyword_name(module, k), "tableName") for k in call.keywords if k.arg == "name"]
        if len(edits) != len(call.keywords):
            return None
        return [Edit(module.at(node), READERS[node.attr]), *edits]


def _same_arguments(call: ast.Call | None) -> bool:
    if call is None or len(call.args) > _CDC_POSITIONS:
        return False
    return not any(k.arg is None or k.arg in _CDC_CHANGED for k in call.keywords)


def _temporary(call: ast.Call | None) -> ast.keyword | None:
    return next((k for k in call.keywords if k.arg == "temporary"), None) if call is not None else None


def keyword_name(module: Module, keyword: ast.keyword) -> Location:
    """The name in `name=value`."""
    where = module.at(keyword)
    return where.inside(0, len(keyword.arg or ""))
