"""A submission by hand: read, plan, apply, and nothing else."""
