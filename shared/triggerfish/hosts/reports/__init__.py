"""PURE. The state of a run as a status on its commit: what is to be reported, of which run, and when.

The Workflow itself says where its state is reported (``intent``), how far it is and what was reported last
(``progress``); what follows from all of them together is decided in ``planning``.
"""
