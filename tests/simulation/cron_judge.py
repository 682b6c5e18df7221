"""Whether what happened was right: each check reads the story of one CronWorkflow and says what is wrong.

Nothing of the planner is used here, and nothing of what a tick said of itself.
"""

from collections import defaultdict
from datetime import timedelta

from tests.simulation.cron_story import CUT, FAILURES, GRACE, SEEN, Story, Version, when
from tests.simulation.history import History

LAST_MINUTE = timedelta(seconds=60) + CUT
# No tick deletes a younger child.
YOUNG = timedelta(seconds=60)


def judge(history: History, *, last: str, alone: bool = True) -> list[str]:
    """All that is wrong, in words. ``last`` is the tick that ended the story, after the faults had stopped.

    ``alone``: nobody else writes statuses, so that all of them must be the truth.
    """
    story = Story.of(history)
    found = []
    for uid in story.versions:
        ended = uid in story.deleted
        checks = (twice, unjustified, templated, lost, forbid, pruned)
        for check in checks if ended else (*checks, replaced, kept, settled):
            found += [f"{story.names[uid]}: {wrong}" for wrong in check(story, uid, last)]
        if alone and not ended:
            for check in (counted, healed):
                found += [f"{story.names[uid]}: {wrong}" for wrong in check(story, uid, last)]
    return found


def twice(story: Story, uid: str, last: str):
    """No slot twice; again only what was deleted before it was recorded, and never an exact one."""
    slots = defaultdict(list)
    for life in story.children(uid):
        if life.slot and life.user.startswith("tick"):
            slots[life.slot].append(life)
    for slot, lives in slots.items():
        for again in lives[1:]:
            seen = story.seen_by(again.user, uid, again.born)
            if seen.decided and seen.decided >= slot and seen.claimed != slot:
                yield f"{slot:%H:%M} ran again though {again.user} had read that it was decided"
            before = story.version(uid, again.born)
            if before.decided and before.decided >= slot and before.claimed != slot:
                yield f"{slot:%H:%M} ran again though it was recorded when {again.user} made it"
            if seen.notes.get("triggerfish.dev/exact") == "true":
                yield f"{slot:%H:%M} ran again, though exact, by {again.user}"
            if any(life.gone_by.startswith("tick") for life in lives[:-1]):
                yield f"{slot:%H:%M} ran again after a tick had deleted its child"


def unjustified(story: Story, uid: str, last: str):
    """Nothing runs that the CronWorkflow, as its tick had read it, does not ask for."""
    for life in story.children(uid):
        if not life.slot or not life.user.startswith("tick"):
            continue
        seen = story.seen_by(life.user, uid, life.born)
        if seen.spec.get("suspend") or seen.status.get("phase") == "Stopped":
            yield f"{life.slot:%H:%M} ran though suspended or stopped"
        elif seen.deleting:
            yield f"{life.slot:%H:%M} ran though its CronWorkflow was being deleted"
        elif not seen.has(life.slot) or (
            SEEN in seen.notes and life.slot <= since(story, uid, seen, life.user)
        ):
            yield f"{life.slot:%H:%M} ran, no slot of {seen.spec['schedules']}, or before its edit"
        elif seen.decided and seen.decided >= life.slot and seen.claimed != life.slot:
            yield f"{life.slot:%H:%M} ran though it had been decided"
        elif story.begun(life.user) - life.slot > may_be_late(seen):
            yield f"{life.slot:%H:%M} ran at {life.born_at:%H:%M:%S}, which is too late"


def templated(story: Story, uid: str, last: str):
    """Nothing runs whose template was not there, or wrong, when the tick read it; in the end all is well."""
    final = story.versions[uid][-1]
    if not final.templated:
        return
    for life in story.children(uid):
        if not life.user.startswith("tick"):
            continue
        reads = [(index, known) for index, known in story.template_reads[life.user] if index < life.born]
        if not reads:
            yield f"{life.slot:%H:%M} ran, and its template was not read"
        elif reads[-1][1] and not story.served(reads[-1][0]):
            yield f"{life.slot:%H:%M} ran though its template was missing or wrong"
    if told := [each for each in final.status.get("conditions") or () if each["type"] == "SpecError"]:
        yield f"its template is there again, and it says {told}"


def since(story: Story, uid: str, seen: Version, user: str):
    """When its timetable was edited. Before a tick has noted it, nobody can tell what an edit was of.

    What was only taken away may have been a minute before the tick that saw it, or as long ago as the tick
    before, where that is what the process remembers.
    """
    edit = story.edit(uid, seen)
    known = edit.at.replace(microsecond=0)
    if not story.is_undated(uid, edit):
        return known
    saw = [story.begun(each) - LAST_MINUTE for each in (user, story.noted_by(uid, edit, seen)) if each]
    return min(known, *saw, story.last_listed(edit.index) or known)


def may_be_late(version: Version) -> timedelta:
    """How old a slot may be when it starts: on time, or within the deadline where it is caught up with."""
    deadline = version.deadline
    caught_up = version.notes.get("triggerfish.dev/catch-up") != "none" and version.status.get(
        "lastScheduledTime"
    )
    return max(GRACE, deadline if caught_up else GRACE) + CUT


def lost(story: Story, uid: str, last: str):
    """Every slot ran, or there is a reason why not."""
    versions = story.versions[uid]
    horizon = min(story.begun(last), story.deleted.get(uid, story.begun(last)))
    ran = {life.slot for life in story.children(uid)}
    step = min(version.step for version in versions)
    slot = versions[0].at.replace(second=0, microsecond=0) + step
    while slot <= versions[0].at:
        slot += step
    while slot <= horizon:
        at = story.during(uid, slot, slot)[0]
        if slot > versions[0].at and at.has(slot) and slot not in ran:
            decision = story.decision(uid, slot)
            if not excused(story, uid, slot, decision):
                yield f"{slot:%H:%M} was lost; decided {decision and decision.at}"
        slot += step


def excused(story, uid, slot, decision) -> bool:
    """Whether a policy, or an edit, or nobody's being there in time explains that a slot did not run."""
    until = decision.at if decision else story.entries[-1].call.at
    claims = [version for version in story.versions[uid] if version.claimed == slot]
    taken_over = False
    if claims:
        after = next((v for v in story.versions[uid] if v.index > claims[-1].index), None)
        taken_over = bool(after and after.claimed and after.claimed > slot)
        until = max(until, after.at if after else until)
    window = story.during(uid, slot, until)
    if any(each.spec.get("suspend") or each.status.get("phase") == "Stopped" for each in window):
        return True
    if any(each.policy == "Maybe" or each.deleting for each in window):
        return True
    if taken_for_replaced(story, uid, slot) or taken_away(story, uid, slot, decision):
        return True
    if window[0].templated and not story.served_all(slot - CUT, until):
        return True
    if any(v.status.get("phase") == "Stopped" and v.at <= until for v in story.versions[uid]):
        # Argo's own sync, which writes what it remembers, set it going again.
        return True
    if any(each.policy == "Forbid" for each in window) and story.beside(uid, slot, decision):
        return True
    if taken_over and any(each.policy == "Replace" for each in window):
        return True
    if paused(story, uid, window, decision):
        return True
    if decision is None:
        return uid in story.deleted
    if (
        any(each.policy in ("Forbid", "Replace") for each in window)
        and decision.decided > slot
        and not claims
    ):
        return True
    if story.refused(uid, slot):
        return True
    if any(version.timetable != window[0].timetable for version in window):
        return True
    since = when(decision.notes.get(SEEN, "").partition(" ")[0])
    edits = [v.at.replace(microsecond=0) for v in window[1:]]
    unseen = not window[0].notes.get(SEEN)
    if since and since >= slot and any(at == since or (unseen and at < since) for at in edits):
        # An edit of a timetable that nobody had seen yet: managedFields have one time for all that its
        # author writes, so a later edit of his passes for it; or a run that nobody has noted says more.
        return True
    if "when" in window[0].spec and any(
        (each.body["metadata"].get("labels") or {}).get("go") != "yes" for each in window
    ):
        return True
    return missed(story, uid, slot, decision, window[0])


def taken_away(story, uid, slot, decision) -> bool:
    """A field of the timetable was only taken away, and no tick came within a minute after the slot."""
    if decision is None or not decision.user.startswith("tick"):
        return False
    edit = story.edit(uid, decision)
    return story.is_undated(uid, edit) and story.begun(decision.user) - slot > timedelta(seconds=60) - CUT


def paused(story, uid, window, decision) -> bool:
    """So many runs had failed that nothing starts, and nothing is written as slots pass."""
    pause = int(window[0].notes.get("triggerfish.dev/pause-after-failures", 10**9))
    until = decision.index if decision else len(story.entries)
    failed = sum(life.phase == "Failed" and life.ended < until for life in story.children(uid))
    return failed >= pause and any(int(each.notes.get(FAILURES, 0)) >= pause for each in window)


def taken_for_replaced(story, uid, slot) -> bool:
    """No tick had noted anything on it for minutes, though it was written: as ``kubectl replace`` does.

    Then what was due more than a minute before the first one that notes something is taken for decided.
    """
    first = next((each for each in story.versions[uid] if SEEN in each.notes), None)
    before = story.version(uid, first.index - 1) if first else None
    written = before and before.body["metadata"]["generation"] > 2 and not (before.status or before.claimed)
    return bool(written and first.at - slot > timedelta(seconds=60) - CUT)


def missed(story, uid, slot, decision, version) -> bool:
    """Nobody came in time who could have run it, and it may not be caught up with."""
    if decision.at - slot <= GRACE:
        return False
    came = [story.came(user, uid) for user in story.reads if user.startswith("tick")]
    if any(at and slot + CUT <= at <= slot + GRACE - CUT for at in came):
        return False
    deadline = min(each.deadline for each in story.during(uid, slot, decision.at))
    before = story.version(uid, decision.index - 1)
    if decision.at - slot >= deadline or not before.status.get("lastScheduledTime"):
        return True
    if before.notes.get("cronworkflows.argoproj.io/last-used-schedule") != version.last_used:
        return True
    catch_up = version.notes.get("triggerfish.dev/catch-up", "latest")
    return catch_up == "none" or (catch_up == "latest" and decision.decided > slot)


def forbid(story: Story, uid: str, last: str):
    """Under Forbid nothing starts beside what runs."""
    children = story.children(uid)
    for life in children:
        if not life.slot or not life.user.startswith("tick"):
            continue
        if story.seen_by(life.user, uid, life.born).policy != "Forbid":
            continue
        listed = story.listed_by(life.user, uid, life.born)
        for other in children:
            if other is life or not other.runs_at(life.born):
                continue
            by_hand = not other.user.startswith("tick")
            allowed = by_hand or story.seen_by(other.user, uid, other.born).policy == "Allow"
            if other.born > listed and allowed:
                continue
            yield f"{life.name} started under Forbid while {other.name} ran"


def replaced(story: Story, uid: str, last: str):
    """Under Replace one is left, and it is the newest."""
    for index, life, user in story.shutdowns:
        if life.cron != uid or life.slot is None or not user.startswith("tick"):
            continue
        newer = any(o.slot and o.slot > life.slot and o.born < index for o in story.children(uid))
        claims = any(v.claimed and v.claimed > life.slot for v in story.versions[uid] if v.index < index)
        if not newer and not claims:
            yield f"{life.name} was terminated though nothing newer runs"
    final = story.versions[uid][-1]
    left = [life for life in story.children(uid) if life.slot and life.runs_at(10**8) and not life.shut]
    if final.policy == "Replace" and len(left) > 1:
        yield f"{len(left)} are left under Replace: {[life.name for life in left]}"


def pruned(story: Story, uid: str, last: str):
    """Of finished children a tick deletes the oldest, and only over the limit."""
    children = story.children(uid)
    for life in children:
        if life.gone is None or not life.gone_by.startswith("tick"):
            continue
        seen = story.seen_by(life.gone_by, uid, life.gone)
        good = life.phase == "Succeeded"
        name, default = ("successfulJobsHistoryLimit", 3) if good else ("failedJobsHistoryLimit", 1)
        kept = seen.spec.get(name, default)
        newer = [
            o
            for o in children
            if o is not life
            and o.ended is not None
            and o.ended < life.gone
            and (o.phase == "Succeeded") == good
            and o.finished >= life.finished
        ]
        if life.ended is None:
            yield f"{life.name} was deleted unfinished"
        elif len(newer) < kept:
            yield f"{life.name} was deleted though only {len(newer)} newer of {kept} are there"


def settled(story: Story, uid: str, last: str):
    """At the end the status is the truth: decided, active, last scheduled, conditions."""
    final = story.versions[uid][-1]
    listed = story.lists[last][0][0]
    horizon = story.begun(last).replace(microsecond=0)
    if final.claimed:
        yield "a claim is left"
    running = {life.uid for life in story.children(uid) if life.runs_at(listed)}
    active = {ref["uid"] for ref in final.status.get("active") or ()}
    started = {life.uid for life in story.children(uid) if life.user == last}
    if active - started != running - started:
        yield f"active says {sorted(active)}, {sorted(running)} run"
    invalid = final.policy == "Maybe"
    conditions = {each["type"]: each["message"] for each in final.status.get("conditions") or ()}
    if invalid != conditions.get("SpecError", "").startswith("spec.concurrencyPolicy"):
        yield f"policy {final.policy}, conditions {conditions}"
    stopped = final.status.get("phase") == "Stopped"
    label = (final.body["metadata"].get("labels") or {}).get("cronworkflows.argoproj.io/completed")
    if stopped != (label == "true"):
        yield f"stopped {stopped}, completed label {label}"
    resting = stopped or final.spec.get("suspend")
    undecided = [
        slot
        for life in story.children(uid)
        if (slot := life.slot) and slot <= horizon and not (final.decided and final.decided >= slot)
    ]
    if undecided and not resting:
        yield f"{undecided[0]:%H:%M} ran and is not recorded"


def kept(story: Story, uid: str, last: str):
    """At the end no more finished children are left than the limits say, but for what is young."""
    final, listed = story.versions[uid][-1], story.lists[last][0][0]
    old = story.entries[listed].call.at - YOUNG
    if final.policy == "Maybe":
        return
    for good, name, default in (
        (True, "successfulJobsHistoryLimit", 3),
        (False, "failedJobsHistoryLimit", 1),
    ):
        left = [
            life
            for life in story.children(uid)
            if life.ended is not None
            and life.ended < listed
            and (life.phase == "Succeeded") == good
            and life.gone is None
        ]
        young = [life for life in left if life.born_at > old]
        if len(left) > max(final.spec.get(name, default), len(young)):
            yield f"{len(left)} finished ones are left, {name} is {final.spec.get(name, default)}"


def healed(story: Story, uid: str, last: str):
    """A refusal is told until a child is made, and the newest slot that ran is the last scheduled."""
    ran = {life.slot for life in story.children(uid)}
    for version in story.versions[uid]:
        slot = when(version.status.get("lastScheduledTime"))
        if slot and slot not in ran:
            yield f"{slot:%H:%M} is the last scheduled by {version.user}, and has not run"
            break
    status = story.versions[uid][-1].status
    made = [life for life in story.children(uid) if life.slot and life.user.startswith("tick")]
    told = [each["message"] for each in status.get("conditions") or () if each["type"] == "SubmissionError"]
    known = [life.born for life in made if not story.unseen(life)]
    if told and not story.refused_since(uid, max(known, default=0)):
        yield f"SubmissionError was not healed: {told}"
    seen = [life.slot for life in made if life.gone is None and not story.overtaken(life)]
    scheduled = when(status.get("lastScheduledTime"))
    if seen and not (scheduled and max(seen) <= scheduled <= max(life.slot for life in made)):
        yield f"last scheduled is {scheduled}, {max(seen)} ran"


def counted(story: Story, uid: str, last: str):
    """Every child is counted once.

    In doubt are those deleted by others, short ones by hand, and short ones that were overtaken.
    """
    listed = story.lists[last][0][0]
    status = story.versions[uid][-1].status
    # What a TTL of seconds deletes is counted all the same.
    always = all(version.short for version in story.versions[uid])
    for counter, phases in (("succeeded", ("Succeeded",)), ("failed", ("Failed", "Error"))):
        ended = [
            life
            for life in story.children(uid)
            if life.phase in phases and life.ended is not None and life.ended < listed
        ]
        certain = [
            life
            for life in ended
            if life.slot
            and (life.gone is None or life.gone_by.startswith("tick") or always)
            and not story.overtaken(life)
        ]
        found = status.get(counter) or 0
        if not len(certain) <= found <= len(ended):
            yield f"{counter} is {found}, the truth is {len(certain)} to {len(ended)}"
