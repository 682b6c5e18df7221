"""PURE. The small boolean language that is left of ``when`` after templating: govaluate without variables.

``evaluate(text)`` is the whole of it. The rules are those of github.com/casbin/govaluate: every number is a
float, every operator groups to the left, and a run of symbols is one token (write ``== -1``, not ``==-1``).
"""

from triggerfish.cron.planning.when.evaluation import evaluate

__all__ = ["evaluate"]
