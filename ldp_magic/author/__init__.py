"""Text that the tool writes for its user."""
