"""PURE. Two dialects behind one ``compile``: expr, which Argo's manifests are written in, and CEL."""
