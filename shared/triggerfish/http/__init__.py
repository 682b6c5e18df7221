"""What both functions answer HTTP with: messages, one router, error bodies.

``messages`` are the values, ``router`` finds the handler of a request and reads its body within bounds,
``errors`` makes an answer of whatever a handler raises. Nothing here knows what a function does.
"""
