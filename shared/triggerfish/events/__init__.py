"""PURE. The expression environment of an event, the matching of bindings, the plan of a delivery."""
