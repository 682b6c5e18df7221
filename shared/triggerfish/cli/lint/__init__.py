"""`triggerfish lint`: manifests checked without a cluster."""
