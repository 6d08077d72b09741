"""One update of a pipeline over the local lake: find what is new, run the queries over it, write, commit."""
