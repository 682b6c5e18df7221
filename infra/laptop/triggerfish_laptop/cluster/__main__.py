"""``python -m triggerfish_laptop.cluster``."""

from triggerfish_laptop.cluster.server import main

main()
