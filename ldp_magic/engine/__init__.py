"""The Spark Connect client, its places, the embedded child process; preview."""
