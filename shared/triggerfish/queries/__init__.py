"""What the command line and the console both read of a cluster."""
