"""PURE. What compiled expressions call while they run."""
