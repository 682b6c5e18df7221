// What is around every screen: the namespaces to choose from, and where runs are shown elsewhere. Read once.
import { call } from "./api.js";

let asked = null;
let known = { namespaces: null, all: true, workflow_url: "" };

// Another token may see others: `again` forgets what was read.
export function surroundings({ again = false } = {}) {
  if (again) asked = null;
  asked ??= call("surroundings").then(
    (answer) => (known = answer),
    (problem) => {
      asked = null;
      throw problem;
    },
  );
  return asked;
}

// The address of a run elsewhere; empty where none is set. Only the server's own setting says where it leads.
export function runAddress(namespace, name) {
  const names = { "{namespace}": namespace, "{name}": name };
  return known.workflow_url.replace(/\{namespace\}|\{name\}/g, (part) => encodeURIComponent(names[part]));
}
