"""IO. Sends the requests of hosts/api/ with a namespace's credentials, to addresses that may be asked.

``hosts.Hosts`` is all that a function needs of it, and is imported only where something is asked.
"""
