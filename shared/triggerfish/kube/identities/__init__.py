"""How a function proves itself to the API server of a managed cluster: one file a cloud."""
