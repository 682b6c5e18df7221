// An expression's parts, each with its value: what was true, what was false, what went wrong.
import { element } from "./dom.js";

export function tree(node) {
  const value = node.error ? "wrong" : node.value;
  const said = node.reached ? node.error || node.value : "not reached";
  const shade = ["true", "false", "wrong"].includes(value) && node.reached ? value : "";
  const item = element("li", {},
    element("code", { text: node.text }),
    " ",
    element("span", { className: `value ${shade}`, text: said }),
  );
  if (node.parts?.length) item.append(element("ul", {}, ...node.parts.map(tree)));
  return item;
}

export function treeList(node) {
  return node ? element("ul", {}, tree(node)) : "";
}
