"""PURE. What is wrong with an expression before there is a value."""
