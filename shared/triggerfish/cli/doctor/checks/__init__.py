"""The checks: each reads of the patient what it needs, and yields what is wrong, with the command for it."""
