"""What every place answers in the same way, whatever the client: run by this suite, and by it in other environments."""
