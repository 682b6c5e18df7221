import { call } from "./api.js";
import { address, stamp } from "./dom.js";
import { treeList } from "./tree.js";

const FIELDS = ["payload", "headers", "discriminator", "dialect", "selector", "parameters", "template"];
const EXAMPLE = {
  payload: JSON.stringify({ ref: "refs/heads/main", commits: [{ message: "Fix the docs", added: ["docs/a.md"] }] }, null, 2),
  headers: "X-GitHub-Event: push",
  discriminator: "",
  dialect: "expr",
  selector: 'metadata["x-github-event"] == ["push"] && payload.ref == "refs/heads/main"',
  parameters: "message = payload.commits[0].message",
  template: "my-wf-tmple",
};

// The fragment never reaches a server: a payload in a shared link stays with those who have the link.
function pack(state) {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

function unpack(text) {
  try {
    const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const state = JSON.parse(new TextDecoder().decode(Uint8Array.from(raw, (letter) => letter.charCodeAt(0))));
    return state && typeof state === "object" ? state : {};
  } catch {
    return {};
  }
}

export function playground(root, report) {
  root.replaceChildren(stamp("playground-template"));
  const form = root.querySelector("form");
  const find = (selector) => root.querySelector(selector);
  const given = location.hash.length > 1 ? unpack(location.hash.slice(1)) : {};
  for (const name of FIELDS) form.elements[name].value = String(given[name] ?? EXAMPLE[name]);

  const state = () => Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));

  function show(answer) {
    const { error } = answer;
    find(".verdict").textContent = error ? `${error.where}: an error` : answer.matched ? "It matches." : "It does not match.";
    find(".verdict").className = `verdict ${answer.matched && !error ? "succeeded" : "failed"}`;
    find(".error").hidden = !error;
    find(".error").textContent = error ? error.text : "";
    find(".tree").replaceChildren(treeList(answer.tree));
    find(".workflow").textContent = answer.workflow ? JSON.stringify(answer.workflow, null, 2) : "";
  }

  async function evaluate() {
    try {
      show(await call("evaluate", { body: { ...state(), namespace: address.get("namespace") || "default" } }));
      report("");
    } catch (error) {
      report(error);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    evaluate();
  });
  find(".share").addEventListener("click", async () => {
    history.replaceState(null, "", `#${pack(state())}`);
    await navigator.clipboard?.writeText(location.href).catch(() => {});
    report("The link is in the address bar.");
  });
  return { load: evaluate };
}
