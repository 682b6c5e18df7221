"""PURE. Schedules, due slots, conditions, concurrency, history, and the plan of one tick."""
