"""IO. The Kubernetes API: credentials, transport, and the few verbs we use."""
