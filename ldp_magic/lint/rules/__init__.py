"""One file per rule, named after the bad thing."""
