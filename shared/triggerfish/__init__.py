"""Serverless triggers for Argo Workflows: a functional core and a thin shell.

Imports point one way: functions → tick, dispatch, submit, http → cron, events, webhooks, kube, secrets,
settings → workflows → expressions → errors. A lint contract in pyproject.toml keeps it so.
"""

__version__ = "0.2.0"
