"""What a tenant may plant so that the ticks of others suffer, short and long."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.isolation.ticking import WORKFLOW, cron

TAG = "{{= len(filter(1..45000, # % 7 == 3)) > 0 }}"
BUDGET = "too costly: the conditions of a CronWorkflow in one tick"
EVENT = "BEGIN:VEVENT\r\nUID:{0}\r\nDTSTART;VALUE=DATE:{2}\r\n{1}END:VEVENT\r\n"
NUMBERS = f"[{', '.join(['1'] * 300)}]"
CEL_TAG = f"{NUMBERS}.all(x, {NUMBERS}.all(y, x + y > 0))"
CEL = {"triggerfish.dev/dialect": "cel"}
EXCLUDE = "triggerfish.dev/exclude"


@dataclass(frozen=True)
class Attack:
    """``bodies`` are the tenant's CronWorkflows; ``says`` is in a condition of the first of them."""

    name: str
    bodies: Callable[[], list[Any]]
    says: str
    calendars: Callable[[], dict[str, str]] = dict

    def plant(self, place, namespace):
        calendars = self.calendars()
        if calendars:
            grant(place.cluster, namespace)
        for name, text in calendars.items():
            place.calendar(namespace, name, text)
        place.put(namespace, *self.bodies())

    def judge(self, place, namespace):
        """The attacker learns by which bound."""
        name = self.bodies()[0]["metadata"]["name"]
        assert self.says in place.condition(namespace, name)
        if self.says:
            assert place.runs(namespace) == []


def many(count, **more):
    return lambda: [cron(f"attack-{number}", **more) for number in range(count)]


def calendar(*events):
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{''.join(events)}END:VCALENDAR\r\n"


def excluding(count, names):
    notes = {EXCLUDE: "\n".join(f"ics:{name}" for name in names)}
    return many(count, notes=notes)


def plain(number, count):
    """So many events of single days, too long a text to be read in the function itself."""
    return calendar(
        *(
            EVENT.format(f"{number}-{each}", "", f"2026{1 + each % 12:02}{1 + each % 28:02}")
            for each in range(count)
        )
    )


def large(count, size, **more):
    """CronWorkflows of that many bytes, that are all due."""
    return many(count, workflowSpec={**WORKFLOW, "x": "y" * size}, **more)


def hollow(count, elements):
    """Few bytes, and thirty times as many in memory."""
    return many(count, workflowSpec={**WORKFLOW, "x": [{}] * elements}, suspend=True)


def attacks(times):
    """Attacks of that size."""
    many_names = [f"plain-{number}" for number in range(5)]
    mega = {"text": "a" * 250_000}
    return [
        Attack("a costly condition", many(20 * times, when=" && ".join([TAG] * 600)), BUDGET),
        Attack("many small conditions", many(20 * times, when=" && ".join(["{{= true }}"] * 3000)), BUDGET),
        Attack(
            "long conditions, each another",
            lambda: [
                cron(
                    f"attack-{number}",
                    when=f"{{{{= {' && '.join([f'cronworkflow.failed < {number}'] * 300)} }}}}",
                )
                for number in range(20 * times)
            ],
            "",
        ),
        Attack("each just within", many(40 * times, when=TAG.replace("> 0", "< 0")), ""),
        Attack(
            "a costly condition in CEL",
            many(20 * times, when=CEL_TAG, notes=CEL),
            BUDGET,
        ),
        Attack(
            "texts of the object",
            many(
                20 * times, when=" || ".join(["'{{cronworkflow.annotations.json}}' == 'a'"] * 350), notes=mega
            ),
            "longer than 16384 characters",
        ),
        Attack(
            "a regular expression over a text",
            many(
                10 * times,
                when=" || ".join(["{{= cronworkflow.annotations.text matches '(a|aa)*b' }}"] * 250),
                notes=mega,
            ),
            BUDGET,
        ),
        Attack(
            "SpecErrors",
            many(150 * times, workflowSpec={"entrypoint": "absent", "templates": WORKFLOW["templates"]}),
            "absent",
        ),
        Attack(
            "an event each second",
            excluding(5 * times, ["each"]),
            "repeats SECONDLY",
            lambda: {"each": calendar(EVENT.format(1, "RRULE:FREQ=SECONDLY\r\n", "20260101"))},
        ),
        Attack(
            "daily events by the hundred",
            excluding(5 * times, ["daily"]),
            "more than 5000 events",
            lambda: {
                "daily": calendar(
                    *(EVENT.format(each, "RRULE:FREQ=DAILY\r\n", "20260101") for each in range(100))
                )
            },
        ),
        Attack(
            "a large calendar",
            excluding(5 * times, ["large"]),
            "no more than 64 KiB",
            lambda: {"large": calendar(EVENT.format(1, f"SUMMARY:{'x' * 70_000}\r\n", "20260101"))},
        ),
        Attack(
            "many calendars that are read apart",
            excluding(5 * times, many_names),
            "",
            lambda: {name: plain(name, 200) for name in many_names},
        ),
        Attack(
            "more calendars than may be named",
            excluding(5 * times, [f"c{n}" for n in range(50)]),
            "the most is 10",
        ),
        Attack("everything excluded", many(100 * times, notes={EXCLUDE: "* * * * *"}), ""),
        Attack(
            "very many schedules and exclusions",
            many(
                times,
                schedules=[f"{minute % 60} {minute // 60} * * *" for minute in range(1000)],
                notes={EXCLUDE: "\n".join([*(f"{each % 60} 0 1 1 1" for each in range(199)), "* * * * *"])},
            ),
            "",
        ),
        Attack("large ones", large(20 * times, 1_000_000), ""),
        Attack("small texts that are large in memory", hollow(40 * times, 100_000), ""),
        Attack(
            "states that are large in memory",
            many(150 * times, status={"active": [{}] * 6_000}, suspend=True),
            "",
        ),
    ]


def grant(embedded, namespace):
    """What a tenant grants so that his calendars can be read."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]
    role = {"metadata": {"name": "calendars"}, "rules": rules}
    assert embedded.request("POST", f"{rbac}/roles", role)[0] == 201
    binding = {
        "metadata": {"name": "calendars"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "calendars"},
        "subjects": [{"kind": "ServiceAccount", "name": "triggerfish-cron", "namespace": "triggerfish"}],
    }
    assert embedded.request("POST", f"{rbac}/rolebindings", binding)[0] == 201


ATTACKS = attacks(1)
LONG = attacks(8)
