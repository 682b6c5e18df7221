"""The laptop's own package: the embedded cluster and `triggerfish dev`. No function imports it."""
