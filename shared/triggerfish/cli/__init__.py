"""The command line; left out of the deployed packages."""
