"""Whose function this is at its cloud: the identities of AWS and Azure, in plain HTTP.

Their libraries cost hundreds of milliseconds at import (docs/dependencies.md); each does one request here.
"""
