import { call } from "./api.js";
import { address, bindFilters, element, late, stamp, time } from "./dom.js";
import { describeLane, drawLane, palette } from "./lane.js";
import { Rows } from "./rows.js";

const LANE = 30;
const SLOT = 62;
const BATCH = 60;

export function schedules(root, report) {
  root.replaceChildren(stamp("schedules-template"));
  const find = (selector) => root.querySelector(selector);
  const view = {
    all: [], shown: [], lanes: new Map(), asked: new Set(), window: null, colours: palette(), selected: -1, slots: [],
  };

  const lanes = new Rows(find(".lanes"), LANE, drawRow, { shown: ask });
  const slots = new Rows(find(".slot-list"), SLOT, drawSlot);

  function drawRow(item, index) {
    const canvas = element("canvas", { attributes: { role: "img", "aria-label": "loading" } });
    const row = element("div", {
      className: "lane",
      attributes: { role: "option", id: `lane-${index}`, "aria-selected": String(index === view.selected) },
    });
    const who = element("span", { className: "who", text: `${item.namespace}/${item.name}` });
    who.title = [...item.schedules, item.timezone].filter(Boolean).join("  ");
    if (item.problem) who.classList.add("failed");
    if (item.suspended) who.append(element("span", { className: "skipped", text: " suspended" }));
    row.append(who, canvas);
    row.addEventListener("click", () => select(index));
    requestAnimationFrame(() => paint(canvas, item));
    return row;
  }

  function paint(canvas, item) {
    const lane = view.lanes.get(item.id);
    if (!lane || !canvas.isConnected) return;
    drawLane(canvas, lane, { ...view.window, outcome: address.get("outcome") }, view.colours);
    canvas.setAttribute("aria-label", describeLane(lane));
  }

  // Lanes are fetched for what is in sight only.
  async function ask(items) {
    const wanted = items.filter((item) => !view.asked.has(item.id)).slice(0, BATCH);
    if (!wanted.length) return;
    for (const item of wanted) view.asked.add(item.id);
    try {
      const answer = await call("lanes", { query: wanted.map((item) => ["id", item.id]) });
      view.window = { from: answer.from, to: answer.to, now: answer.now };
      for (const [id, lane] of Object.entries(answer.lanes)) view.lanes.set(id, lane);
      drawAxis();
      lanes.refresh();
    } catch (error) {
      for (const item of wanted) view.asked.delete(item.id);
      report(error);
    }
  }

  function drawAxis() {
    const { from, to } = view.window;
    const marks = [];
    for (let at = Math.ceil(from / 21600) * 21600; at <= to; at += 21600) {
      const mark = element("span", { text: new Date(at * 1000).toISOString().slice(11, 16) });
      mark.style.left = `${((at - from) / (to - from)) * 100}%`;
      marks.push(mark);
    }
    find(".axis").replaceChildren(...marks);
  }

  async function select(index) {
    view.selected = index;
    const item = view.shown[index];
    lanes.refresh();
    find(".lanes").setAttribute("aria-activedescendant", `lane-${index}`);
    if (!item) {
      slots.set([]);
      return;
    }
    address.set("schedule", item.id);
    find("#slots-title").textContent = `Slots of ${item.namespace}/${item.name}`;
    try {
      const answer = await call("slots", { query: [["id", item.id]] });
      view.slots = answer.slots.map((slot) => ({ ...slot, id: item.id, now: answer.now }));
      view.problem = answer.problem;
      showSlots();
    } catch (error) {
      report(error);
    }
  }

  function showSlots() {
    const outcome = address.get("outcome");
    const wanted = view.slots.filter((slot) => !outcome || slot.outcome === outcome);
    slots.set(wanted);
    const coming = wanted.findIndex((slot) => slot.outcome !== "coming");
    if (coming > 0) find(".slot-list").scrollTop = Math.max(0, (coming - 3) * SLOT);
  }

  function drawSlot(slot) {
    const phase = slot.phase ? slot.phase.toLowerCase() : slot.outcome;
    const times = element("div", { className: "times" });
    times.append(
      element("strong", { text: time(slot.slot, slot.now) }),
      element("span", { className: `mark ${phase}`, text: slot.phase || slot.outcome }),
    );
    if (slot.kind && slot.kind !== "scheduled") times.append(element("span", { text: slot.kind }));
    if (slot.actual) {
      const delay = slot.actual - slot.slot;
      const tail = delay >= 1 ? `, ${late(delay)} after its time` : "";
      times.append(element("span", { text: `started ${time(slot.actual, slot.now)}${tail}` }));
    }
    const button = element("button", { text: "Preview", attributes: { type: "button" } });
    button.setAttribute("aria-label", `Preview ${time(slot.slot, slot.now)}`);
    button.addEventListener("click", () => preview(slot));
    times.append(button);
    const why = element("div", { className: "why", text: slot.reason || slot.child || "" });
    return element("div", { className: "slot", attributes: { role: "listitem" } }, times, why);
  }

  async function preview(slot) {
    try {
      const answer = await call("preview", { query: [["id", slot.id], ["at", String(slot.slot)]] });
      find(".preview .sentence").textContent = answer.sentence;
      find(".preview pre").textContent = answer.workflow ? JSON.stringify(answer.workflow, null, 2) : "";
      find(".preview").hidden = false;
      find(".preview .close").focus();
    } catch (error) {
      report(error);
    }
  }

  function filter() {
    const text = address.get("q").toLowerCase();
    view.shown = view.all.filter((item) => item.id.toLowerCase().includes(text));
    view.selected = view.shown.findIndex((item) => item.id === address.get("schedule"));
    lanes.set(view.shown);
    showSlots();
  }

  bindFilters(find("form"), filter);
  find(".preview .close").addEventListener("click", () => {
    find(".preview").hidden = true;
    find(".slot-list").focus();
  });
  find(".lanes").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[event.key];
    if (!step || !view.shown.length) return;
    event.preventDefault();
    const next = Math.min(view.shown.length - 1, Math.max(0, view.selected + step));
    lanes.reveal(next);
    select(next);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    view.colours = palette();
    lanes.refresh();
  });

  async function load() {
    const answer = await call("schedules", { query: [["namespace", address.get("namespace")]] });
    view.all = answer.schedules;
    view.asked.clear();
    filter();
    if (view.selected >= 0) lanes.reveal(view.selected);
    if (view.all.length) await select(Math.max(0, view.selected));
    report(view.all.length ? "" : "No CronWorkflow here that this token may list.");
  }
  return { load, refresh: () => view.asked.clear() };
}
