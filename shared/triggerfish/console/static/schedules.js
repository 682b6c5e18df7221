import { call } from "./api.js";
import { address, bindFilters, counted, element, minute, stamp } from "./dom.js";
import { describeLane, drawLane, palette } from "./lane.js";
import { Rows } from "./rows.js";
import { slotList } from "./slots.js";

const LANE = 44;
const BATCH = 60;
// The list itself is read when the view is opened; what is in sight of it is kept up to date.
const PAUSE = 30000;
const RETRY = 3000;
const STEPS = { 24: 6 * 3600, 6: 2 * 3600, 1: 1200 };
const KEYS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 };
const SICK = ["error", "failing", "paused"];
const WORDS = { error: "invalid" };
const SHOW = {
  active: (item) => !item.suspended && !["stopped", "deleting"].includes(item.health.state),
  suspended: (item) => item.suspended || item.health.state === "suspended",
  problem: (item) => item.problem !== "" || SICK.includes(item.health.state),
  failing: (item) => item.health.failures > 0,
  invalid: (item) => item.health.state === "error",
  paused: (item) => item.health.state === "paused",
  stopped: (item) => item.health.state === "stopped",
};

export function schedules(root, report) {
  root.replaceChildren(stamp("schedules-template"));
  const find = (selector) => root.querySelector(selector);
  const view = {
    all: [], shown: [], lanes: new Map(), stale: new Set(), window: null, colours: palette(), selected: -1, asking: false, now: 0,
    failed: false, closed: false,
  };
  const lanes = new Rows(find(".lanes"), () => LANE, drawRow, { shown: ask });
  const slots = slotList(root, report);
  const hours = () => (Object.hasOwn(STEPS, address.get("hours")) ? Number(address.get("hours")) : 24);

  function drawRow(item, index) {
    const canvas = element("canvas", { attributes: { role: "img", "aria-label": "loading" } });
    const who = element("span", { className: "who" },
      element("span", { className: "name", text: address.get("namespace") ? item.name : item.id }),
      element("span", { className: "what", text: [...item.schedules, item.timezone].filter(Boolean).join("  ") }),
    );
    who.title = `${item.id}\n${item.schedules.join("\n")}`;
    const state = element("span", { className: "health" });
    drawHealth(state, item);
    const row = element("div", {
      className: "lane",
      attributes: { role: "option", id: `lane-${index}`, "aria-selected": String(index === view.selected) },
    }, who, state, canvas);
    row.addEventListener("click", (event) => select(index, event.target === canvas ? instant(event) : null));
    requestAnimationFrame(() => paint(canvas, item));
    return row;
  }

  // What is wrong, the last result, and what comes next.
  function drawHealth(box, { health }) {
    const { state, failures, problem, last, next } = health;
    const sick = SICK.includes(state);
    const word = element("strong", { className: `state ${sick ? "failed" : state === "active" ? "succeeded" : "skipped"}` });
    word.textContent = (WORDS[state] ?? state) + (failures > 1 ? ` ${failures > 999 ? "999+" : failures}×` : "");
    const now = view.window?.now ?? view.now;
    const facts = [];
    if (last) facts.push(element("span", { className: last.result.toLowerCase(), text: `${last.result} ${last.at ? minute(last.at, now) : ""}` }));
    if (next) facts.push(element("span", { className: "next", text: `next ${minute(next, now)}` }));
    box.replaceChildren(word, element("span", { className: "when" }, ...facts));
    box.title = problem;
  }

  function paint(canvas, item) {
    const lane = view.lanes.get(item.id);
    if (!lane || !canvas.isConnected) return;
    if (lane.health) {
      item.health = lane.health;
      drawHealth(canvas.previousSibling, item);
    }
    drawLane(canvas, lane, { ...view.window, outcome: address.get("outcome"), grid: grid() }, view.colours);
    canvas.setAttribute("aria-label", describeLane(lane, view.window.now));
  }

  const repaint = () => lanes.each((row, item) => paint(row.querySelector("canvas"), item));

  // Lanes are fetched for what is in sight only, one request at a time: a quick scroll passes thousands of them.
  async function ask() {
    if (view.asking || view.closed) return;
    const missing = (item) => !view.lanes.has(item.id) || view.stale.has(item.id);
    const wanted = lanes.items.slice(...lanes.inSight()).filter(missing).slice(0, BATCH);
    if (!wanted.length) return;
    view.asking = true;
    const span = hours();
    try {
      const answer = await call("lanes", { query: [...wanted.map((item) => ["id", item.id]), ["hours", String(span)]] });
      if (span === hours()) {
        view.window = { from: answer.from, to: answer.to, now: answer.now };
        for (const { id } of wanted) {
          view.lanes.set(id, answer.lanes[id] ?? { slots: [], runs: [] });
          view.stale.delete(id);
        }
        drawAxis();
        repaint();
      }
      if (view.failed) report("");
      view.failed = view.asking = false;
      setTimeout(ask, 100);
    } catch (error) {
      view.failed = true;
      report(error);
      // Not again at once, and what was refused only when there is another scroll or refresh.
      setTimeout(() => {
        view.asking = false;
        if (!error.refusal) ask();
      }, RETRY);
    }
  }

  function grid() {
    const { from, to } = view.window;
    const step = STEPS[hours()];
    const marks = [];
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) marks.push(at);
    return marks;
  }

  // The lines of the grid that have room for a label: none touches another, "now", or an end.
  function labelled(now, first, last, room) {
    const found = [];
    for (const at of grid()) {
      const free = Math.abs(at - now) > room && at - (found.at(-1) ?? -Infinity) > room;
      if (free && at >= first && at <= last) found.push(at);
    }
    return found;
  }

  function drawAxis() {
    const { from, to, now } = view.window;
    // As wide as what is drawn below it: a scroll bar takes room from that, and how much is the browser's choice.
    const box = find(".lanes");
    find(".axis").style.marginRight = `${box.offsetWidth - box.clientLeft - box.clientWidth}px`;
    const place = (at) => `${((at - from) / (to - from)) * 100}%`;
    const label = (at) => {
      const text = new Date(at * 1000).toISOString();
      return text.slice(11, 16) === "00:00" ? text.slice(5, 10) : text.slice(11, 16);
    };
    const room = (40 / find(".axis").clientWidth) * (to - from);
    const marks = labelled(now, from + room / 2, to - room / 2, room).map((at) => {
      const mark = element("span", { text: label(at) });
      mark.style.left = place(at);
      return mark;
    });
    const present = element("span", { className: "present", text: "now" });
    present.style.left = place(now);
    find(".axis").replaceChildren(...marks, present);
  }

  function mark(index) {
    view.selected = index;
    lanes.each((row, _, at) => row.setAttribute("aria-selected", String(at === index)));
    find(".lanes").setAttribute("aria-activedescendant", `lane-${index}`);
  }

  // `at` is the instant that was pointed at, if one was.
  function select(index, at = null) {
    const item = view.shown[index];
    mark(index);
    address.set("schedule", item.id);
    slots.of(item, at);
  }

  function instant({ offsetX, target }) {
    if (!view.window) return null;
    const { from, to } = view.window;
    return from + (offsetX / target.clientWidth) * (to - from);
  }

  function filter() {
    const text = address.get("q").toLowerCase();
    const kept = Object.hasOwn(SHOW, address.get("show")) ? SHOW[address.get("show")] : () => true;
    view.shown = view.all.filter((item) => item.id.toLowerCase().includes(text) && kept(item));
    view.selected = view.shown.findIndex((item) => item.id === address.get("schedule"));
    lanes.set(view.shown);
    const whole = view.all.length;
    find(".count").textContent = [counted(view.shown.length, whole, "schedule", "schedules"), ...sick()].join(" · ");
    find(".empty").hidden = view.shown.length > 0;
    find(".empty").textContent = whole ? "No CronWorkflow matches the filter." : "There is no CronWorkflow here.";
    slots.filter();
  }

  function sick() {
    const of = (state) => view.all.filter((item) => item.health.state === state).length;
    return SICK.map((state) => [of(state), WORDS[state] ?? state]).filter(([count]) => count).map((each) => each.join(" "));
  }

  function span() {
    view.lanes.clear();
    view.stale.clear();
    ask();
  }

  bindFilters(find(".filters"), (name) => (name === "hours" ? span() : filter()));
  find(".lanes").addEventListener("keydown", (event) => {
    const step = KEYS[event.key];
    if (!step || !view.shown.length) return;
    event.preventDefault();
    const next = Math.min(view.shown.length - 1, Math.max(0, view.selected + step));
    lanes.reveal(next);
    select(next);
  });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const recolour = () => {
    view.colours = palette();
    repaint();
  };
  dark.addEventListener("change", recolour);

  const timer = setInterval(() => {
    if (document.hidden || !view.all.length) return;
    for (const id of view.lanes.keys()) view.stale.add(id);
    ask();
    slots.again();
  }, PAUSE);

  async function load() {
    const answer = await call("schedules", { query: [["namespace", address.get("namespace")]] });
    view.all = answer.schedules;
    view.now = answer.now;
    filter();
    report("");
    if (!view.shown.length) return;
    if (view.selected >= 0) lanes.reveal(view.selected);
    select(Math.max(0, view.selected));
  }

  function close() {
    view.closed = true;
    clearInterval(timer);
    dark.removeEventListener("change", recolour);
    lanes.close();
    slots.close();
  }
  return { load, close };
}
