"""PURE. The hosts' own APIs as values: requests to send, and what their answers say. One file a host.

A conversation with a host (``Exchange``) yields requests, is sent the answers and returns a value; hostapi/
sends them. No file here knows a token: who sends a request adds the headers of the credential.
"""
