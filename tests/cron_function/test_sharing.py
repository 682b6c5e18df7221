"""A namespace that takes long is planned last, and others on the event loop are served meanwhile."""

import asyncio
from types import SimpleNamespace

from triggerfish.cron_function.sharing import plan_in_turns
from triggerfish.runtime.clock import Clock


class Time(Clock):
    seconds = 0.0

    def monotonic(self):
        return Time.seconds


def crons(text):
    return [SimpleNamespace(namespace=letter) for letter in text]


async def planned(text, seconds, share):
    log = []

    def work(cron):
        Time.seconds += seconds.get(cron.namespace, 0.0)
        log.append(cron.namespace)

    await plan_in_turns(crons(text), work, Time(), share=share)
    return "".join(log)


async def test_what_is_quick_stays_in_order():
    assert await planned("abcabc", {}, share=1) == "abcabc"


async def test_who_has_used_the_share_comes_after_all_others_and_is_not_left_out():
    assert await planned("ababababbb", {"a": 1.0}, share=1.5) == "ababbbbbaa"


async def test_others_are_served_meanwhile():
    served = []

    async def other():
        for _ in range(3):
            served.append(Time.seconds)
            await asyncio.sleep(0)

    start = Time.seconds
    await asyncio.gather(planned("aaaaaa", {"a": 0.01}, share=1), other())
    assert len({round(seconds - start, 3) for seconds in served}) == 3
