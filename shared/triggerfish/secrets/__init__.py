"""IO. One file per secret store behind a registry, one cache before all of them."""
