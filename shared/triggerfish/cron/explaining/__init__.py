"""PURE. Why a slot ran, did not run, or will run: for people who ask."""
