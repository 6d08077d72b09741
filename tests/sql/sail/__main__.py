"""Prints how right the embedded engine is, with and without our rewrites; see `parity.py`."""

import sys

from tests.sql.sail.parity import report, subjects

found = subjects()
print(report(found))
if "--show" in sys.argv:
    for result in found["rewritten"]:
        if result.outcome in ("refused", "labelled", "silently different"):
            asked = result.asked
            print(f"\n{result.outcome}: {asked.function or 'idiom'} {asked.zone}\n  {asked.text}\n  -> {result.text}")
            print(f"  spark {asked.answer}\n  sail  {result.got}")
