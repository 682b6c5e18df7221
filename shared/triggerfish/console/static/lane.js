// One schedule's time around now, drawn on a canvas.

// The server sends a slot's outcome as its place in this list.
const OUTCOMES = ["ran", "skipped", "missed", "coming", "open", "unknown", "failed"];
const WORDS = { open: "undecided", unknown: "without a record" };
const NAMES = ["succeeded", "running", "failed", "ran", "skipped", "missed", "coming", "open", "unknown"];
const BAR = { top: 9, height: 18, tracks: 3 };
const MARK = { top: 30, height: 9 };

// Colours come from the sheet, so that dark and light need no second list here.
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const names = [...NAMES, "overlap", "now", "line"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function state(run) {
  if (run.phase === "Succeeded") return "succeeded";
  return run.phase === "Failed" || run.phase === "Error" ? "failed" : "running";
}

// Runs that are at work together stand below each other; `overlaps` are the times when there are two or more.
export function stacked(runs, now) {
  const ends = [];
  const placed = [];
  const overlaps = [];
  for (const run of [...runs].sort((one, other) => one.start - other.start)) {
    const end = run.end ?? Infinity;
    let track = ends.findIndex((free) => free <= run.start);
    if (track < 0) track = ends.length;
    const together = ends.filter((until) => until > run.start);
    if (together.length) overlaps.push([run.start, Math.min(now, end, Math.max(...together))]);
    ends[track] = end;
    placed.push({ run, track, end: Math.min(now, end) });
  }
  return { placed, overlaps, tracks: Math.min(BAR.tracks, ends.length) };
}

// A run that belongs to no slot has a shape of its own: by hand, retried, backfilled.
const SHAPES = {
  manual(pen, x, { top, height }) {
    pen.moveTo(x, top);
    pen.lineTo(x + height / 2, top + height);
    pen.lineTo(x - height / 2, top + height);
  },
  retry(pen, x, { top, height }) {
    pen.moveTo(x, top);
    pen.lineTo(x + height / 2, top + height / 2);
    pen.lineTo(x, top + height);
    pen.lineTo(x - height / 2, top + height / 2);
  },
  backfill(pen, x, { top, height }) {
    pen.arc(x, top + height / 2, height / 2, 0, 2 * Math.PI);
  },
};

const TICKS = {
  skipped: (pen, x) => pen.fillRect(x - 1, 6, 2, 24),
  missed: (pen, x) => pen.fillRect(x - 1, 6, 2, 24),
  ran: (pen, x) => pen.fillRect(x - 1, 10, 2, 16),
  failed: (pen, x) => pen.fillRect(x - 1, 8, 2, 20),
  coming: (pen, x) => pen.fillRect(x - 0.75, 14, 1.5, 9),
  open: (pen, x) => pen.strokeRect(x - 1.5, 8, 3, 20),
  unknown(pen, x) {
    for (const top of [12, 17, 22]) pen.fillRect(x - 0.5, top, 1, 2);
  },
};

// `lane`: {slots: [[seconds, outcome's place], …], spans: [[first, last, outcome's place], …], more,
// runs: [{start, end, phase, kind}, …]}.
export function drawLane(canvas, lane, { from, to, now, outcome, grid }, colours) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const x = (seconds) => Math.max(0, ((seconds - from) / (to - from)) * width);
  pen.fillStyle = colours.line;
  for (const at of grid) pen.fillRect(x(at), 0, 1, height);
  for (const [first, last, place] of lane.spans ?? []) {
    const name = OUTCOMES[place];
    if (outcome && outcome !== name) continue;
    pen.fillStyle = colours[name];
    // As high as one slot of it, so that a day of them is a band.
    pen.fillRect(x(first) - 1, name === "ran" ? 10 : 8, Math.max(2, x(last) - x(first) + 2), name === "ran" ? 16 : 20);
  }
  const failures = (run) => state(run) === "failed";
  if (!outcome || outcome === "ran") drawRuns(pen, lane.runs, now, x, colours);
  else if (outcome === "failed") drawRuns(pen, lane.runs.filter(failures), now, x, colours);
  for (const [seconds, place] of lane.slots) {
    const name = OUTCOMES[place];
    if (outcome && outcome !== name) continue;
    pen.fillStyle = colours[name];
    pen.strokeStyle = colours[name];
    TICKS[name]?.(pen, x(seconds));
  }
  if (lane.more && (!outcome || outcome === "coming")) {
    // Too many to be drawn one by one: they go on to the edge.
    const last = x(Math.max(...lane.slots.map(([seconds]) => seconds)));
    pen.fillStyle = colours.coming;
    pen.fillRect(last, 14, width - last, 9);
  }
  pen.fillStyle = colours.now;
  pen.fillRect(x(now), 0, 1.5, height);
}

function drawRuns(pen, runs, now, x, colours) {
  const { placed, overlaps, tracks } = stacked(runs.filter((run) => run.kind === "scheduled"), now);
  const tall = BAR.height / Math.max(1, tracks);
  for (const { run, track, end } of placed) {
    const left = x(run.start);
    pen.fillStyle = colours[state(run)];
    const top = BAR.top + (track % BAR.tracks) * tall;
    pen.fillRect(left, top, Math.max(2, x(end) - left), tracks > 1 ? tall - 1 : tall);
  }
  pen.fillStyle = colours.overlap;
  for (const [start, end] of overlaps) pen.fillRect(x(start), 3, Math.max(3, x(end) - x(start)), 3);
  for (const run of runs) {
    const shape = SHAPES[run.kind];
    if (!shape) continue;
    const left = x(run.start);
    pen.fillStyle = colours[state(run)];
    pen.fillRect(left, MARK.top + 3, Math.max(1, x(run.end ?? now) - left), 3);
    pen.beginPath();
    shape(pen, left, MARK);
    pen.closePath();
    pen.fill();
  }
}

// What the picture shows, in words.
export function describeLane(lane, now) {
  const counts = new Map();
  const count = (name) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const run of lane.runs) count(run.kind === "scheduled" ? state(run) : `${state(run)} (${run.kind})`);
  for (const [first, last, place] of lane.spans ?? []) {
    const name = WORDS[OUTCOMES[place]] ?? OUTCOMES[place];
    count(first === last ? name : `time of ${name}`);
  }
  for (const [, place] of lane.slots) count(WORDS[OUTCOMES[place]] ?? OUTCOMES[place]);
  const { overlaps } = stacked(lane.runs.filter((run) => run.kind === "scheduled"), now);
  if (overlaps.length) counts.set(overlaps.length === 1 ? "overlap" : "overlaps", overlaps.length);
  return [...counts].map(([name, number]) => `${number} ${name}`).join(", ") || "no slots";
}
