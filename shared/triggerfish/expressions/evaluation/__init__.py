"""PURE. What compiled expressions call while they run: members, slices, loops, texts.

Every function pays for its work from the ``Run`` it is part of, and raises ``Failure`` where Go would panic.
"""
