"""Each mutant makes a test fail. `make test` looks that its line is there, `make soak` lets it be killed."""

import pytest
from tests.mutants.running import ROOT, copied, survives
from tests.mutants.table import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_line_that_a_mutant_changes_is_there_once(mutant):
    assert (ROOT / mutant.file).read_text().count(mutant.before) == 1
    assert mutant.before != mutant.after
    assert all((ROOT / test.partition("::")[0]).exists() for test in mutant.tests)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return copied(tmp_path_factory.mktemp("tree"))


@pytest.mark.soak
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_killed(mutant, tree):
    assert not survives(mutant, tree)
