"""The console: one page, its data, and a playground, served by the events function when CONSOLE=on.

It reads with the caller's own token, so RBAC decides what is seen. It writes nothing but the Workflow that
somebody submits with its form, with their own token and after they confirm.
"""
