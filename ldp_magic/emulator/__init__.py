"""A Databricks workspace on this machine: the real SDK and the real CLI talk to it, and updates really run.

with workspace() as w:
    client = WorkspaceClient(host=w.url, token=w.token)
    ...
    w.clock.advance(days=1)  # what is due on the way runs
    w.rows("main.web.visits")
    w.faults.add("POST /api/2.0/pipelines", status=504, after=True)
    w.requests  # each as it came
"""

from ldp_magic.emulator.workspace import Workspace, workspace

__all__ = ["Workspace", "workspace"]
