"""Reads that the command line and the console share."""
