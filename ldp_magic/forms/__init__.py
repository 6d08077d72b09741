"""What a setting may look like: each form in words, as an example, and as the function that reads a value."""
