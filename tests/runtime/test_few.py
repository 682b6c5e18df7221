"""Labels of a metric are few, whatever tenants call their objects."""

from triggerfish.runtime.few import Few


def test_the_first_fifty_have_their_names_and_all_others_one():
    few = Few()
    found = {few.of("team", f"job-{number}") for number in range(1000)}
    assert len(found) == 51
    assert ("other", "other") in found
    assert few.of("team", "job-3") == ("team", "job-3")
