"""`triggerfish dev`, which `make run` runs: the embedded cluster, both functions, a scheduler, samples."""
