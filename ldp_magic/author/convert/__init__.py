"""Plain batch SQL becomes pipeline SQL: edits of the text that was written, one verdict for each dataset.

What becomes what, in this order:

1. A dataset that reads only files and tables from outside is a streaming table over their new rows if it drives: if it
   stands on the FROM side of something, if its rows are grouped by time, or if nothing tells otherwise. If it is only
   looked up (the other side of a join, IN, EXISTS), or everything that is made of it is, it is a materialized view.
2. A query that filters, computes, looks up and puts together (UNION ALL) rows of such a stream is a streaming table.
   `lint.wrap` tells which source it is that streams. If it looks into something that is a stream itself, a match could
   come later than its row: that takes all rows.
3. An aggregate by day, hour or minute of a timestamp that others read is a streaming table over a time window with a
   watermark, and COUNT(DISTINCT x) an estimate: a day appears when it is closed.
4. What needs all rows (other aggregates, window functions, DISTINCT, ORDER BY, LIMIT, set operations, FULL joins, a
   stream on the side of an outer join that is filled with NULL), what reads something that is computed anew, and the
   final results, are materialized views.
5. `lookup RIGHT JOIN stream` is turned into `stream LEFT JOIN lookup`.
6. In a final or intermediate query without aggregates, conditions of the WHERE that compare one column of the result
   with constants, or say that it is not NULL, become expectations that drop the row: the same rows, and now counted.
   A condition stays where it guards something that could fail, such as a division.

A view stays a view if it is read whole, and is a temporary view with STREAM if all its readers stream it. INSERTs are
put together with the CREATE TABLE that they fill. Everything else is left as it was, with a reason.
"""

from ldp_magic.author.convert.convert import conversion
from ldp_magic.author.convert.model import Conversion, Dataset, Left, Wishes

__all__ = ["Conversion", "Dataset", "Left", "Wishes", "conversion"]
