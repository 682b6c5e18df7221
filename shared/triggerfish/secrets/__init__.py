"""IO. Where webhook secrets are: one file for each store behind ``registry``, one cache in ``store``.

It knows neither the cluster nor what the secrets are for: the Kubernetes store is handed a ``get_secret``,
and who opens a store says how its content is parsed.
"""
