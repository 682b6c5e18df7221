"""PURE. Git facts: one ``git`` in expressions for whatever host sent the event, from its payload alone."""

from triggerfish.events.git.registry import WithGit, facts

__all__ = ["WithGit", "facts"]
