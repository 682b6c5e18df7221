// One schedule's day behind and day ahead, drawn on a canvas.
const OUTCOMES = ["ran", "skipped", "missed", "coming"];

// Colours come from the sheet, so that dark and light need no second list here.
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const names = ["succeeded", "running", "failed", "skipped", "missed", "coming", "now", "line"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function colour(phase, colours) {
  if (phase === "Succeeded") return colours.succeeded;
  if (phase === "Failed" || phase === "Error") return colours.failed;
  return colours.running;
}

// `lane`: {slots: [[seconds, outcome index], …], runs: [{start, end, phase, kind}, …]}.
export function drawLane(canvas, lane, { from, to, now, outcome }, colours) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const x = (seconds) => ((seconds - from) / (to - from)) * width;
  for (const run of lane.runs) {
    if (outcome && outcome !== "ran") continue;
    pen.fillStyle = colour(run.phase, colours);
    const left = x(run.start);
    // A manual run, a retry or a backfill stands lower and thinner: it belongs to no slot.
    const [top, tall] = run.kind === "scheduled" ? [8, 10] : [20, 5];
    pen.fillRect(left, top, Math.max(2, x(run.end ?? now) - left), tall);
  }
  for (const [seconds, index] of lane.slots) {
    const name = OUTCOMES[index];
    if (name === "ran" || (outcome && outcome !== name)) continue;
    pen.fillStyle = colours[name];
    pen.fillRect(x(seconds) - 0.75, name === "coming" ? 11 : 6, 1.5, name === "coming" ? 6 : 16);
  }
  pen.fillStyle = colours.now;
  pen.fillRect(x(now), 0, 1, height);
}

export function describeLane(lane) {
  const counts = OUTCOMES.map((name, index) => [name, lane.slots.filter((slot) => slot[1] === index).length]);
  return counts.filter(([, count]) => count).map(([name, count]) => `${count} ${name}`).join(", ") || "no slots";
}
