"""The console: one page, its data, and a playground, served by the events function when CONSOLE=on.

It reads with the caller's own token, so RBAC decides what is seen, and writes nothing.
"""
