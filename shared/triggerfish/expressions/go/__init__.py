"""PURE. Go's values, numbers, texts, times and JSON, as the language of Argo's manifests shows them.

Nothing here knows of an expression: ``values`` says how Python holds Go's types, the other modules are
packages of Go's standard library, each by its rules.
"""
