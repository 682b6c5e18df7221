"""PURE. Source to tree: tokens, cel-python's grammar as LALR tables (grammar.json), and the nodes of CEL."""
