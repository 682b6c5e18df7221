"""What both functions need to run: clock, cache, log lines, checked callers, bounded concurrency."""
