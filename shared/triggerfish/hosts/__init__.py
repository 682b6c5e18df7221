"""PURE. Git facts: one ``git`` in expressions for whatever host sent the event, from its payload alone."""

from triggerfish.hosts.git import WithGit, facts

__all__ = ["WithGit", "facts"]
