"""What a new webhook needs, made in one go: manifests (pure), the cluster, the host, and a ping."""
