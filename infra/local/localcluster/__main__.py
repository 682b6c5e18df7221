"""``python -m localcluster``."""

from localcluster.server import main

main()
