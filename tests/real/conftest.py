"""Fixtures of the tests that need a real Git host."""

from tests.real.forge import events_function, forge  # noqa: F401  offered here as fixtures
from tests.real.gitea import gitea  # noqa: F401  offered here as a fixture
from tests.real.loop import loop, site  # noqa: F401  offered here as fixtures
