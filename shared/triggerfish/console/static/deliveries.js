import { call } from "./api.js";
import { address, bindFilters, element, stamp, time } from "./dom.js";
import { treeList } from "./tree.js";

const PAUSE = 2000;
const MOST = 500;

export function deliveries(root, report) {
  root.replaceChildren(stamp("deliveries-template"));
  const find = (selector) => root.querySelector(selector);
  const list = find(".delivery-list");
  const seen = new Map();

  function draw(delivery, now, fresh) {
    const summary = element("summary", {},
      element("span", { text: time(delivery.at, now) }),
      element("span", { className: `result ${colour(delivery.result)}`, text: delivery.result }),
      element("span", { text: [delivery.sender, delivery.event].filter(Boolean).join(" ") }),
      element("span", { text: delivery.namespace }),
      element("span", { text: (delivery.workflows || []).join(", ") || delivery.reason || "" }),
    );
    const bindings = (delivery.bindings || []).map((binding) => {
      const part = element("div", { className: "tree" });
      part.append(
        element("strong", { text: binding.name }),
        element("span", { text: `  ${binding.matched ? "matched" : "did not match"}: ${binding.reason || ""}` }),
      );
      if (binding.tree) part.append(treeList(binding.tree));
      return part;
    });
    const details = element("details", {}, summary, ...bindings);
    const item = element("li", { className: fresh ? "delivery new" : "delivery" }, details);
    item.dataset.text = JSON.stringify(delivery).toLowerCase();
    item.dataset.result = delivery.result;
    return item;
  }

  function colour(result) {
    return { created: "succeeded", existing: "succeeded", failed: "failed" }[result] || "skipped";
  }

  function filter() {
    const text = address.get("q").toLowerCase();
    const result = address.get("result");
    for (const item of list.children) {
      item.hidden = !item.dataset.text.includes(text) || (result !== "" && item.dataset.result !== result);
    }
  }

  async function load() {
    const answer = await call("deliveries", { query: [["namespace", address.get("namespace")]] });
    const first = seen.size === 0;
    const fresh = answer.deliveries.filter((delivery) => !seen.has(delivery.key));
    for (const delivery of fresh) {
      const item = draw(delivery, answer.now, !first);
      seen.set(delivery.key, item);
      list.prepend(item);
    }
    while (list.children.length > MOST) list.lastElementChild.remove();
    filter();
    const empty = find(".empty");
    empty.hidden = seen.size > 0;
    empty.textContent = answer.note || "No delivery yet.";
    report("");
  }

  bindFilters(find("form"), filter);
  const timer = setInterval(() => {
    if (find("[name=live]").checked && !document.hidden) load().catch(report);
  }, PAUSE);
  return { load, close: () => clearInterval(timer) };
}
