import { call } from "./api.js";
import { address, stamp } from "./dom.js";
import { FIELDS, link, unpack } from "./sharing.js";
import { treeList } from "./tree.js";

const EXAMPLE = {
  payload: JSON.stringify({ ref: "refs/heads/main", commits: [{ message: "Fix the docs", added: ["docs/a.md"] }] }, null, 2),
  headers: "X-GitHub-Event: push",
  discriminator: "",
  dialect: "expr",
  selector: 'metadata["x-github-event"] == ["push"] && payload.ref == "refs/heads/main"',
  parameters: "message = payload.commits[0].message",
  template: "my-wf-tmple",
  facts: "",
};

export function playground(root, report) {
  root.replaceChildren(stamp("playground-template"));
  const form = root.querySelector("form");
  const find = (selector) => root.querySelector(selector);
  const given = { ...EXAMPLE, ...(location.hash.length > 1 ? unpack(location.hash.slice(1)) : {}) };
  for (const name of FIELDS) form.elements[name].value = given[name];
  // A select shows nothing for a value it does not have.
  form.elements.dialect.value ||= EXAMPLE.dialect;

  const state = () => Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));

  function show(answer) {
    const { error } = answer;
    find(".stale").hidden = true;
    const verdict = answer.matched ? "It matches." : "It does not match.";
    find(".verdict").textContent = error ? `${error.where}: an error` : verdict;
    find(".verdict").className = `verdict ${answer.matched && !error ? "succeeded" : "failed"}`;
    find(".error").hidden = !error;
    find(".error").textContent = error ? error.text : "";
    find(".tree").replaceChildren(treeList(answer.tree, "Evaluation, part by part"));
    find(".note").textContent = answer.note ?? "";
    for (const part of [find(".made"), find(".workflow")]) part.hidden = !answer.workflow;
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
  form.addEventListener("input", () => { find(".stale").hidden = false; });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) evaluate();
  });
  find(".share").addEventListener("click", async () => {
    history.replaceState(null, "", link(state(), address.get("namespace")));
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    report(copied ? "The link is copied." : "The link is in the address bar.");
  });
  return { load: evaluate, close: () => {} };
}
