"""One file for each command; `triggerfish.cli.main` lists them."""
