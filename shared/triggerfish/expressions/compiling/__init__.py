"""PURE. A checked tree becomes a Python function, by way of Python's ``ast`` and never through text.

``optimizer`` rewrites the tree as expr's own does, ``compiler`` emits it: common cases inline behind a check
of the type, the rest as calls of ``evaluation`` and ``builtins``.
"""
