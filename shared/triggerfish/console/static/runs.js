// The runs of one delivery: how each is, which commit it is of, what that commit was told, and what superseded it.
import { call } from "./api.js";
import { element, late, time } from "./dom.js";
import { runAddress } from "./surroundings.js";

const NAME = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;
const MOST = 20;

// As deliveries name them; what became of them is asked for once the list is made.
export function runList(namespace, names) {
  if (!names.length) return [];
  const items = new Map(names.map((name) => [name, element("li", {}, title(namespace, name))]));
  const problem = element("p", { className: "hint" });
  // A record may name anything: what is no name is not asked for.
  const asked = names.filter((name) => NAME.test(name)).slice(0, MOST);
  if (asked.length) fill(namespace, asked, items, problem);
  return [element("ul", { className: "runs", attributes: { "aria-label": "Runs" } }, ...items.values()), problem];
}

function title(namespace, name) {
  const href = runAddress(namespace, name);
  if (!href) return element("strong", { text: name });
  return element("a", { text: `${name} ↗`, attributes: { href, target: "_blank", rel: "noopener noreferrer" } });
}

async function fill(namespace, asked, items, problem) {
  try {
    const answer = await call("runs", { query: asked.map((name) => ["id", `${namespace}/${name}`]) });
    const found = new Map(answer.runs.map((run) => [run.name, run]));
    for (const name of asked) items.get(name).append(...described(found.get(name), answer.now));
  } catch (error) {
    problem.textContent = `How the runs are is not shown: ${error.message}`;
  }
}

function described(run, now) {
  if (!run) return [element("span", { className: "hint", text: "its Workflow was deleted" })];
  const took = run.finished ? `${run.phase} after ${late(run.finished - run.created)}` : run.phase;
  const parts = [element("span", { className: run.phase.toLowerCase(), text: took })];
  const note = (text, className = "") => parts.push(element("span", { className, text }));
  if (run.message) note(run.message, "hint");
  if (run.commit) parts.push(element("code", { text: run.commit }));
  if (run.report) {
    const { status, at, problem } = run.report;
    note(`${status}${at ? ` (${time(at, now)} UTC)` : ""}`, "told");
    if (problem) note(problem, "failed");
  }
  const newer = `superseded by ${run.superseded_by}`;
  if (run.superseded_by && !run.report?.status.endsWith(newer)) note(newer, "skipped");
  return parts;
}
