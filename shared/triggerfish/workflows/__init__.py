"""PURE. Names, labels, and the Workflow that a trigger makes, as plain JSON."""
