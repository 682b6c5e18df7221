"""PURE. Source text to a syntax tree, and back."""
