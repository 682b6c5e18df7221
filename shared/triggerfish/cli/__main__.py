"""`python -m triggerfish.cli` is the command line too, for checkouts that are not installed."""

from triggerfish.cli.main import main

main()
