"""Every annotation, label and finalizer that Triggerfish reads or writes."""
