"""Argo's REST API: what its command line asks for, as the caller."""
