"""PURE. Which webhook client signed this delivery? No clock, no environment, no network.

``authenticate(delivery, clients)`` answers ``Verified`` or ``Refused``. Each Git host signs
in its own file in ``hosts/``; those that are no Git host are here. docs/senders.md says how to add one.
"""
