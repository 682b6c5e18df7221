"""What only a laptop needs: the embedded cluster and `triggerfish dev`. No function imports it."""
