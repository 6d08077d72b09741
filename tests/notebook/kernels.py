"""A real kernel, asked as front ends ask: with the id of the cell, or without as nbconvert and nbval do."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

MIME = "application/vnd.ldp+json"
ROOT = Path(__file__).parents[2]
PATIENCE = 120  # seconds until a kernel counts as stuck


@dataclass
class Done:
    """What one execution came to: its outputs in order, and the reply."""

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [content for kind, content in self.messages if kind in kinds]

    @property
    def shown(self) -> list[dict[str, Any]]:
        """Every state of every display, in order."""
        return [each["data"] for each in self.of("display_data", "update_display_data", "execute_result")]

    @property
    def saved(self) -> list[dict[str, Any]]:
        """What a notebook file keeps: of each display its last state."""
        kept: dict[str, dict[str, Any]] = {}
        for n, each in enumerate(self.of("display_data", "update_display_data", "execute_result")):
            kept[each.get("transient", {}).get("display_id", f"#{n}")] = each["data"]
        return list(kept.values())

    @property
    def text(self) -> str:
        return "\n".join(data["text/plain"] for data in self.saved)

    @property
    def json(self) -> dict[str, Any]:
        return dict(self.saved[-1][MIME])

    @property
    def printed(self) -> str:
        return "".join(each["text"] for each in self.of("stream"))

    @property
    def error(self) -> str:
        return "\n".join("\n".join(each["traceback"]) for each in self.of("error"))


class Kernel:
    """One kernel process for several tests, each in a folder and with a session of its own."""

    def __init__(self, folder: Path) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / "ipython"), "LDP_PLACE": "embedded"}
        env.pop("JPY_SESSION_NAME", None)
        self.manager = KernelManager(kernel_name="python3")
        self.manager.kernel_spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        self.manager.start_kernel(env=env, cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def fresh(self, folder: Path) -> None:
        """Begin anew in that folder."""
        self.run(
            f"import os; os.chdir({str(folder)!r})\n"
            "ip = get_ipython()\n"
            "if 'ldp_magic' in ip.extension_manager.loaded: ip.extension_manager.unload_extension('ldp_magic')\n"
            "ip.meta.pop('ldp_session', None)\n"
            "ip.run_line_magic('load_ext', 'ldp_magic')"
        )

    def send(self, code: str, cell: str | None = None, deleted: Sequence[str] = ()) -> str:
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        metadata = {"cellId": cell, "deletedCells": list(deleted), "trusted": True} if cell else {}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def wait(self, request: str) -> Done:
        done = Done()
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind not in ("status", "execute_input"):
                done.messages.append((kind, content))
        done.reply = self._reply(request)
        return done

    def run(self, code: str, cell: str | None = None, deleted: Sequence[str] = ()) -> Done:
        return self.wait(self.send(code, cell, deleted))

    def ask(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """A question beside execution: complete_request, inspect_request."""
        message = self.client.session.msg(kind, content)
        self.client.shell_channel.send(message)
        return self._reply(message["header"]["msg_id"])

    def _reply(self, request: str) -> dict[str, Any]:
        while True:
            message = self.client.get_shell_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") == request:
                return dict(message["content"])
