"""Tests of pipelines, written beside them: rows in, rows out, batch by batch."""
