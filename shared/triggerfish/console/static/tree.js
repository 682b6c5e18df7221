// An expression's parts, each with its value: what was true, what was false, what went wrong.
import { element } from "./dom.js";

function tree(node) {
  const value = node.error ? "wrong" : node.value;
  const said = node.reached ? node.error || [node.value, node.note].filter(Boolean).join(": ") : "not reached";
  const shade = ["true", "false", "wrong"].includes(value) && node.reached ? value : "";
  const item = element("li", {},
    element("code", { text: node.text }),
    " ",
    element("span", { className: `value ${shade}`, text: said }),
  );
  const parts = (node.parts ?? []).map(tree);
  if (node.more > 0) parts.push(element("li", { className: "hint", text: `and ${node.more} more parts` }));
  if (parts.length) item.append(element("ul", {}, ...parts));
  return item;
}

// `label` says to a screen reader what is evaluated.
export function treeList(node, label) {
  return node ? element("ul", { attributes: { "aria-label": label } }, tree(node)) : "";
}
