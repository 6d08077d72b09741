"""What is on disk: the tables of a project as Delta tables, how far its flows have come, and what was left out.

with lake.lock(wait=60):
    orders = lake.look("orders").fit(columns)
    before = orders.flow("orders")
    news = lake.look("raw").news(before.offsets.get("raw"))
    folder = orders.fresh_folder()  # the query over news.files writes here
    after = before.next(offsets={"raw": news.position})
    orders = orders.append(after, orders.written(folder), metrics={"not_null": {"failed": 3}})
"""

from ldp_magic.lake.batch import Batch, DataFile
from ldp_magic.lake.clean import Cleaned, Keep
from ldp_magic.lake.events import Events
from ldp_magic.lake.failure import Busy, Conflict, LakeError
from ldp_magic.lake.foreign import Foreign, foreign
from ldp_magic.lake.lake import Lake
from ldp_magic.lake.schema import Columns, arrow_schema, columns_of, ddl
from ldp_magic.lake.table import Glance, News, Quarantined, Table
from ldp_magic.lake.written import Written

__all__ = [
    "Batch",
    "Busy",
    "Cleaned",
    "Columns",
    "Conflict",
    "DataFile",
    "Events",
    "Foreign",
    "Glance",
    "Keep",
    "Lake",
    "LakeError",
    "News",
    "Quarantined",
    "Table",
    "Written",
    "arrow_schema",
    "columns_of",
    "ddl",
    "foreign",
]
