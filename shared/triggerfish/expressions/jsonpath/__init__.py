"""PURE. ``jsonpath(json, path)`` as Argo's library answers it: github.com/evilmonkeyinc/jsonpath v0.8.1.

``query`` is the way in. ``tokens`` cuts a path into its steps as texts, ``parsing`` makes them steps,
``steps`` walk the document, ``scripts`` are the operators of ``[?(…)]`` and ``[(…)]``. It is no RFC 9535:
what looks odd, such as a filter that drops what it cannot compare, is what manifests that run under Argo rely
on.
"""
