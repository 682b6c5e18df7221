"""PURE. Git facts: one ``git`` in expressions for whatever host sent the event, from its payload alone."""

from triggerfish.hosts.git import WithGit, facts, facts_of

__all__ = ["WithGit", "facts", "facts_of"]
