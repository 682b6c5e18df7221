"""The fixed kinds, one file a family: their schemas, columns and rules."""
