"""PURE. One file per sender behind a registry: which client signed this delivery?"""
