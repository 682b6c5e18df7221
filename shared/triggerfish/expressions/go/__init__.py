"""PURE. Go's values, formats, times and arithmetic."""
