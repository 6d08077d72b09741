"""The event log: one vocabulary for local runs, workspaces and displays.

recorder = Recorder(emit, update_id=..., number=7, pipeline="web", environment="dev", place="embedded")
recorder.created(flows=2)
recorder.update("RUNNING")
recorder.flow("events", "events", "RUNNING")
recorder.flow("events", "events", "COMPLETED", rows_read=10, rows_written=10, seconds=0.2)
recorder.update("COMPLETED")
folded(stored)  # the state of the update, for every display
"""

from ldp_magic.events.event import LEVELS, Event, ordered
from ldp_magic.events.fold import Fold, folded
from ldp_magic.events.recorder import Recorder
from ldp_magic.events.sentence import Told, told
from ldp_magic.events.table import events_table
from ldp_magic.events.updated import Checked, Failure, FlowState, Phase, Updated

__all__ = [
    "LEVELS",
    "Checked",
    "Event",
    "Failure",
    "FlowState",
    "Fold",
    "Phase",
    "Recorder",
    "Told",
    "Updated",
    "events_table",
    "folded",
    "ordered",
    "told",
]
