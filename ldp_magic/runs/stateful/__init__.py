"""Flows that remember: watermarks, aggregates over event time, rows without duplicates, joins of two streams."""
