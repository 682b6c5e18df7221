// Which view is shown, who looks, and what went wrong: one sentence in the status line.
import { call, Refused, token } from "./api.js";
import { address, element } from "./dom.js";
import { screens } from "./screens.js";
import { surroundings } from "./surroundings.js";

const RETRY = 3000;
const FIRST = Object.keys(screens)[0];
const root = document.getElementById("view");
const status = document.getElementById("status");
const dialog = document.getElementById("token-dialog");
const namespace = document.getElementById("namespace");
const namespaces = document.getElementById("namespaces");
const refused = document.getElementById("token-problem");
let current = null;

// The status line is behind the dialog: why it asks again stands in it.
function ask(why) {
  refused.textContent = why;
  refused.hidden = !why;
  if (!dialog.open) dialog.showModal();
}

function report(problem) {
  if (problem instanceof Refused && problem.status === 401) {
    ask(token.get() ? `This token was refused (${problem.message}). It may have expired.` : "");
  }
  status.className = problem instanceof Error ? "failed" : "";
  status.textContent = problem instanceof Error ? `${hint(problem)}${problem.message}` : problem;
}

// Rights are mostly given for one namespace, and the page begins with all of them.
function hint(problem) {
  const everywhere = problem instanceof Refused && problem.status === 403 && !address.get("namespace");
  return everywhere ? "You may not read all namespaces at once: choose one above. " : "";
}

// Whoever may list the namespaces chooses one; the others write its name.
async function offerNamespaces() {
  const { namespaces: known, all: whole } = await surroundings();
  const here = address.get("namespace");
  const listed = known !== null && (here === "" || known.includes(here));
  namespaces.hidden = !listed;
  namespace.hidden = listed;
  document.getElementById("namespace-label").htmlFor = listed ? namespaces.id : namespace.id;
  if (!listed) return;
  const all = element("option", { text: "all", attributes: { value: "" } });
  namespaces.replaceChildren(...(whole ? [all] : []), ...known.map((name) => element("option", { text: name, attributes: { value: name } })));
  namespaces.value = here || (whole ? "" : known[0]);
}

// Without a token of its own the page asks whether one comes along: a proxy in front may add it.
async function admitted() {
  return token.get() !== "" || (await call("session")).token;
}

async function show() {
  current?.close();
  const name = Object.hasOwn(screens, address.get("view")) ? address.get("view") : FIRST;
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${name} · Triggerfish`;
  namespace.value = address.get("namespace");
  report("");
  // A view that was left may still report; nobody looks at it any more.
  const mine = screens[name](root, (problem) => { if (current === mine) report(problem); });
  current = mine;
  root.setAttribute("aria-busy", "true");
  await attempt(mine);
  if (current === mine) root.removeAttribute("aria-busy");
}

async function attempt(view) {
  try {
    if (await admitted()) {
      await Promise.all([offerNamespaces(), view.load()]);
    } else {
      report("Enter a token to see anything.");
      ask("");
    }
  } catch (error) {
    if (current !== view) return;
    report(error);
    if (error instanceof Refused && !error.refusal) {
      setTimeout(() => { if (current === view) attempt(view); }, RETRY);
    }
  }
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
for (const field of [namespace, namespaces]) {
  field.addEventListener("change", () => {
    address.set("namespace", field.value.trim());
    show();
  });
}
document.getElementById("sign-in").addEventListener("click", () => ask(""));
document.getElementById("token-cancel").addEventListener("click", () => dialog.close("cancel"));
dialog.addEventListener("close", () => {
  const field = document.getElementById("token");
  if (dialog.returnValue === "use") {
    token.set(field.value.trim());
    // Somebody else may see other namespaces.
    surroundings({ again: true }).catch(() => {});
    show();
  }
  field.value = "";
  dialog.returnValue = "";
});
show();
