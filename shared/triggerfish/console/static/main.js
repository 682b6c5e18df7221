// Which view is shown, who looks, and what went wrong: one sentence in the status line.
import { Refused, token } from "./api.js";
import { deliveries } from "./deliveries.js";
import { address } from "./dom.js";
import { playground } from "./playground.js";
import { schedules } from "./schedules.js";

const VIEWS = { schedules, deliveries, playground };
const root = document.getElementById("view");
const status = document.getElementById("status");
const dialog = document.getElementById("token-dialog");
const namespace = document.getElementById("namespace");
let current = null;

function report(problem) {
  if (problem instanceof Refused && problem.status === 401 && !dialog.open) dialog.showModal();
  status.textContent = problem instanceof Error ? problem.message : problem;
}

function show() {
  current?.close?.();
  const name = address.get("view") in VIEWS ? address.get("view") : "schedules";
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${name} · Triggerfish`;
  status.textContent = "";
  current = VIEWS[name](root, report);
  current.load().catch(report);
}

for (const link of document.querySelectorAll("[data-view]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const url = new URL(location.href);
    // A filter of one view means nothing in another; the namespace does.
    const kept = url.searchParams.get("namespace");
    url.search = "";
    url.hash = "";
    url.searchParams.set("view", link.dataset.view);
    if (kept) url.searchParams.set("namespace", kept);
    history.pushState(null, "", url);
    show();
  });
}
addEventListener("popstate", show);
namespace.value = address.get("namespace");
namespace.addEventListener("change", () => {
  address.set("namespace", namespace.value.trim());
  show();
});
document.getElementById("sign-in").addEventListener("click", () => dialog.showModal());
dialog.addEventListener("close", () => {
  const field = document.getElementById("token");
  if (dialog.returnValue === "use") {
    token.set(field.value.trim());
    show();
  }
  field.value = "";
});
show();
