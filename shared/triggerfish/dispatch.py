"""A delivery: read, plan, apply, and nothing else."""
