"""What `triggerfish doctor` looks at: one check a file in ``checks/``, all of them in ``registry``."""
