"""The tick: read, plan, apply, and nothing else."""
