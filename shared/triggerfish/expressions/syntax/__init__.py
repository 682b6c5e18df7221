"""PURE. Text to a syntax tree, and back: ``parser.parse`` and ``printer.to_source``.

``lexer`` makes tokens, ``parser`` climbs the precedences of ``operators``, ``nodes`` are the tree.
"""
