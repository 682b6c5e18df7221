"""The fuzzer's targets on their seeds and near them; `make fuzz` goes further, guided by coverage."""

import random

import pytest
from tests.fuzz.targets import STRANGERS, TARGETS

from triggerfish.hosts.registry import SENDERS

CASES = [(name, seed) for name, target in TARGETS.items() for seed in target.seeds()]


def test_every_sender_is_fuzzed():
    assert {client.sender.type for client in STRANGERS.good} == set(SENDERS)


@pytest.mark.parametrize(("name", "seed"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_seeds_and_what_is_near_them(name, seed):
    target, chance = TARGETS[name], random.Random(seed)
    target.run(seed)
    for _ in range(20):
        spoilt = bytearray(seed)
        for _ in range(chance.randint(1, 8)):
            place = chance.randrange(len(spoilt))
            match chance.randrange(3):
                case 0:
                    spoilt[place] = chance.randrange(256)
                case 1:
                    del spoilt[place : place + chance.randint(1, 20)]
                case 2:
                    spoilt[place:place] = spoilt[place : place + chance.randint(1, 20)]
            spoilt = spoilt or bytearray(b"\n")
        target.run(bytes(spoilt))
