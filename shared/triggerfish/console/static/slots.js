// The slots of one schedule: what became of each, and why, in the row itself; and a preview of any instant.
import { call } from "./api.js";
import { commandsFor, command } from "./commands.js";
import { address, element, late, localTime, ownTime, time } from "./dom.js";
import { Rows } from "./rows.js";
import { runAddress, surroundings } from "./surroundings.js";

const HEAD = 34;
const LINE = 20;
const FOOT = 8;
const SIDE = 8;
const NOW = { present: true };
const FAILED = ["Failed", "Error"];

export function slotList(root, report) {
  const find = (selector) => root.querySelector(selector);
  const box = find(".slot-list");
  const pen = document.createElement("canvas").getContext("2d");
  const view = { item: null, slots: [], now: 0, asked: 0, waiting: 0, aimed: null };
  const widths = new Map();
  const rows = new Rows(box, height, draw);

  // On the schedule's own clock, unless that is the reader's, which stands beside the slot.
  function local(slot) {
    const there = view.item?.timezone ? localTime(slot.slot, view.item.timezone) : "";
    return there === ownTime(slot.slot) ? "" : there;
  }
  const words = (slot) => [slot.reason, slot.child, slot.schedule, local(slot)].filter(Boolean).join(" · ");

  // Rows have their whole text: how many lines it takes is found as the browser does, word by word.
  function height(slot) {
    if (slot === NOW) return 24;
    const room = Math.max(80, box.clientWidth - 2 * SIDE - 1);
    let [lines, used] = [1, 0];
    for (const word of words(slot).split(/(?<=[ -])/)) {
      const wide = width(word.trimEnd());
      // What is longer than a line is broken anywhere, or where the browser sees fit.
      const whole = Math.floor(wide / room);
      if (used > 0 && used + wide > room) [lines, used] = [lines + 1, 0];
      if (whole) lines += whole + 1;
      used += width(word) % room;
    }
    return HEAD + (when(slot) ? LINE : 0) + lines * LINE + FOOT;
  }

  function width(word) {
    if (widths.size > 5000) widths.clear();
    if (!widths.has(word)) {
      pen.font = getComputedStyle(box).font;
      widths.set(word, pen.measureText(word).width);
    }
    return widths.get(word);
  }

  function draw(slot) {
    if (slot === NOW) {
      return element("div", { className: "slot present", attributes: { role: "listitem" }, text: `now, ${time(view.now, view.now)}` });
    }
    const phase = slot.phase ? slot.phase.toLowerCase() : slot.outcome;
    const word = { open: "undecided", unknown: "no record" }[slot.outcome] ?? slot.outcome;
    const head = element("div", { className: "times" },
      element("strong", { text: time(slot.slot, view.now) }),
      element("span", { className: "own", text: ownTime(slot.slot) }),
      element("span", { className: `mark ${phase}`, text: slot.phase || word }),
    );
    if (slot.kind && slot.kind !== "scheduled") head.append(element("span", { className: "kind", text: slot.kind }));
    const button = element("button", { text: "Preview", attributes: { type: "button" } });
    button.setAttribute("aria-label", `Preview ${time(slot.slot, view.now)}`);
    button.addEventListener("click", () => preview(slot.slot));
    const link = slot.child && slot.kind ? runAddress(view.item.namespace, slot.child) : "";
    if (link) head.append(runLink(slot.child, link));
    head.append(button);
    const row = element("div", { className: slot.slot === view.aimed ? "slot aimed" : "slot", attributes: { role: "listitem" } }, head);
    row.dataset.slot = slot.slot;
    if (when(slot)) row.append(element("div", { className: "when", text: when(slot) }));
    row.append(element("div", { className: "why", text: words(slot) }));
    return row;
  }

  function runLink(name, href) {
    const attributes = { href, target: "_blank", rel: "noopener noreferrer", "aria-label": `Run ${name} in Argo` };
    return element("a", { className: "run", text: "Run ↗", attributes });
  }

  function when(slot) {
    if (!slot.actual) return slot.took === undefined ? "" : `took ${late(slot.took)}`;
    const delay = slot.actual - slot.due;
    const parts = [`started ${time(slot.actual, view.now)}`];
    if (delay >= 1 && slot.kind === "scheduled") parts.push(`${late(delay)} late`);
    if (slot.finished) parts.push(`took ${late(Math.max(0, slot.finished - slot.actual))}`);
    return parts.join(", ");
  }

  async function preview(seconds) {
    const dialog = find(".preview");
    try {
      const answer = await call("preview", { query: [["id", view.item.id], ["at", String(seconds)]] });
      find("#preview-title").textContent = `Preview of ${view.item.id}, ${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
      find(".preview .sentence").textContent = answer.sentence;
      find(".preview pre").textContent = answer.workflow ? JSON.stringify(answer.workflow, null, 2) : "";
      find(".preview pre").hidden = !answer.workflow;
      dialog.showModal();
    } catch (error) {
      report(error);
    }
  }

  function filter() {
    const outcome = address.get("outcome");
    const wanted = view.slots.filter((slot) => !outcome || (outcome === "failed" ? FAILED.includes(slot.phase) : slot.outcome === outcome));
    const past = wanted.findIndex((slot) => slot.slot <= view.now);
    const present = past < 0 ? wanted.length : past;
    if (wanted.length) wanted.splice(present, 0, NOW);
    rows.set(wanted);
    return present;
  }

  async function fetched(item) {
    const asked = (view.asked += 1);
    // Runs are linked to where the server says.
    const [answer] = await Promise.all([call("slots", { query: [["id", item.id]] }), surroundings()]);
    if (asked !== view.asked) return false;
    view.slots = answer.slots;
    view.now = answer.now;
    const problem = answer.problem || item.problem || (answer.health.state === "active" ? "" : answer.health.problem);
    find(".problem").textContent = problem;
    find(".problem").hidden = !problem;
    return true;
  }

  // Where the slot that is nearest to that instant stands, among those that are listed.
  function nearest(at) {
    const far = rows.items.map((slot) => (slot === NOW ? Infinity : Math.abs(slot.slot - at)));
    return far.indexOf(Math.min(...far));
  }

  function aim(at) {
    const index = nearest(at);
    if (index < 0 || rows.items[index] === NOW) return;
    view.aimed = rows.items[index].slot;
    rows.set(rows.items);
    box.scrollTop = Math.max(0, rows.tops[index] - box.clientHeight / 3);
  }

  function show(item, at) {
    clearTimeout(view.waiting);
    view.aimed = null;
    find(".instant").hidden = false;
    find("#slots-title").textContent = `Slots of ${item.id}`;
    const facts = [item.schedules.join(", ") || "no schedule", item.timezone || "UTC", item.suspended ? "suspended" : ""];
    find(".facts").textContent = facts.filter(Boolean).join(" · ");
    find(".commands ul").replaceChildren(...commandsFor(item).map(command));
    find(".commands").hidden = false;
    find(".commands a").href = `?${new URLSearchParams({ view: "submit", namespace: item.namespace, submit: `CronWorkflow/${item.name}` })}`;
    // Holding an arrow key passes many.
    view.waiting = setTimeout(async () => {
      try {
        if (!(await fetched(item))) return;
        const present = filter();
        // A few of those to come stay in sight above what was.
        if (at === null) box.scrollTop = Math.max(0, rows.tops[Math.max(0, present - 2)]);
        else aim(at);
      } catch (error) {
        report(error);
      }
    }, view.item ? 150 : 0);
    view.item = item;
  }

  async function again() {
    const { item } = view;
    if (!item) return;
    try {
      if (!(await fetched(item))) return;
      // Rows are made again: the keyboard's focus stays where it was.
      const { slot } = document.activeElement?.closest(".slot")?.dataset ?? {};
      filter();
      if (slot) box.querySelector(`[data-slot="${slot}"] button`)?.focus({ preventScroll: true });
    } catch (error) {
      report(error);
    }
  }

  find(".instant").addEventListener("submit", (event) => {
    event.preventDefault();
    const at = Date.parse(`${event.target.elements.at.value}Z`);
    if (view.item && Number.isFinite(at)) preview(Math.floor(at / 1000));
  });
  return { of: show, filter, again, close: () => rows.close() };
}
