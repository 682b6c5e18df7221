"""The embedded cluster: a small Kubernetes API with Argo's kinds, for one laptop."""
