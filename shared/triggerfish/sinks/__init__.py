"""IO. Brokers that take verified deliveries and bring them back: one file for each kind behind ``registry``.

A broker says what to send; ``sink`` sends it, and tells whether the broker has it.
"""
