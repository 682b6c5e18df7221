"""PURE. Which webhook client signed this delivery? No clock, no environment, no network.

``authenticate(delivery, clients)`` answers ``Verified`` or ``Refused``. Each sender is a file of its own in
``senders/``, behind ``registry``; docs/senders.md says how to add one.
"""
