"""PURE. A checked tree to a Python function."""
