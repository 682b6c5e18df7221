import { call, Refused } from "./api.js";
import { address, announce, bindFilters, counted, element, ownTime, stamp, time } from "./dom.js";
import { runList } from "./runs.js";
import { link } from "./sharing.js";
import { treeList } from "./tree.js";

const PAUSE = 2000;
const MOST = 500;
// Seconds that a process may be late with its record: so much is asked for again each time.
const OVERLAP = 60;
const COLOURS = new Map([["created", "succeeded"], ["existing", "succeeded"], ["failed", "failed"], ["refused", "failed"]]);
const WORDS = new Map([["existing", "existed already"], ["nothing", "nothing matched"]]);

export function deliveries(root, report) {
  root.replaceChildren(stamp("deliveries-template"));
  const find = (selector) => root.querySelector(selector);
  const list = find(".delivery-list");
  const view = { seen: new Set(), newest: 0, first: true };

  function draw(delivery, now) {
    const result = element("span", { className: `result ${COLOURS.get(delivery.result) ?? "skipped"}` });
    result.textContent = WORDS.get(delivery.result) ?? delivery.result;
    const summary = element("summary", {},
      element("span", {},
        time(delivery.at, now), element("small", { className: "own", text: ownTime(delivery.at) })),
      result,
      element("span", { text: [delivery.sender, delivery.event].filter(Boolean).join(" ") }),
      element("span", { text: delivery.namespace }),
      element("span", { text: brief(delivery) }),
    );
    const details = element("details", {}, summary);
    // Five hundred deliveries of twenty bindings: only what is opened is drawn.
    details.addEventListener("toggle", () => details.append(...drawBindings(delivery)), { once: true });
    const item = element("li", { className: view.first ? "delivery" : "delivery new" }, details);
    // Trees would make it long, and what decides in them is in the reasons.
    const words = JSON.stringify(delivery, (key, value) => (key === "tree" ? undefined : value));
    item.dataset.text = words.toLowerCase();
    item.dataset.result = delivery.result;
    return item;
  }

  // Newest first; what comes late goes where it belongs.
  function place(item, at) {
    item.dataset.at = at;
    const next = [...list.children].find((other) => Number(other.dataset.at) <= at);
    list.insertBefore(item, next ?? null);
  }

  function drawBindings(delivery) {
    const bindings = delivery.bindings.map((binding) => drawBinding(delivery, binding));
    if (delivery.more > 0) bindings.push(element("li", { text: `and ${delivery.more} bindings more that did not match` }));
    const body = element("ul", { className: "bindings" }, ...bindings);
    const bare = delivery.bindings.length && !delivery.bindings.some((binding) => binding.tree);
    const facts = [
      delivery.id && `delivery ${delivery.id}`,
      delivery.cause && `refused before any binding was asked (${delivery.cause}): no caller is told why`,
      !delivery.cause && !delivery.bindings.length && "no binding in this namespace",
      bare && "no evaluation trees: the record had no room for them",
    ];
    const id = element("p", { className: "hint", text: facts.filter(Boolean).join(" · ") });
    const why = delivery.cause ? [element("p", { className: "failed refusal", text: delivery.reason })] : [];
    return [id, ...why, ...learned(delivery), ...runList(delivery.namespace, delivery.workflows), body];
  }

  // What the Git host was asked for, and what came. What decided without being a fact has a name of several words.
  function learned(delivery) {
    const facts = Object.entries(delivery.facts ?? {});
    if (!facts.length) return [];
    const rows = facts.map(([name, came]) =>
      element("li", {},
        element("code", { text: name.includes(" ") ? name : `git.${name}` }),
        element("span", { className: came.startsWith("nil: ") ? "failed" : "", text: ` is ${came}` }),
      ));
    return [element("p", { className: "asked", text: "The Git host was asked for:" }),
      element("ul", { className: "learned", attributes: { "aria-label": "Facts from the Git host" } }, ...rows)];
  }

  function brief(delivery) {
    if (delivery.workflows.length) return delivery.workflows.join(", ");
    if (delivery.cause) return delivery.reason;
    return delivery.bindings.find((binding) => binding.reason)?.reason ?? "";
  }

  function drawBinding(delivery, binding) {
    const verdict = binding.matched ? "matched" : "did not match";
    const open = element("button", { text: "Open in the playground", attributes: { type: "button" } });
    open.setAttribute("aria-label", `Open ${binding.name} in the playground`);
    open.addEventListener("click", () => playWith(delivery.namespace, binding.name));
    return element("li", {},
      element("span", { className: `verdict ${binding.matched && !binding.reason ? "succeeded" : "skipped"}`, text: verdict }),
      element("strong", { text: binding.name }),
      element("span", { className: "why" },
        element("span", { text: binding.reason }),
        binding.report ? element("span", { className: "told", text: `status on the commit: ${binding.report}` }) : "",
      ),
      open,
      element("div", { className: "tree" }, treeList(binding.tree, `Evaluation of ${binding.name}`)),
    );
  }

  // The record has no payload: the binding comes as it is today, and the viewer brings the payload.
  async function playWith(namespace, name) {
    try {
      const fields = await call("binding", { query: [["id", `${namespace}/${name}`]] });
      const target = link({ ...fields, payload: "{}", headers: "", discriminator: "", facts: "" }, namespace);
      history.pushState(null, "", target);
      dispatchEvent(new PopStateEvent("popstate"));
    } catch (error) {
      report(error);
    }
  }

  function filter() {
    const text = address.get("q").toLowerCase();
    const result = address.get("result");
    let shown = 0;
    for (const item of list.children) {
      item.hidden = !item.dataset.text.includes(text) || (result !== "" && item.dataset.result !== result);
      shown += item.hidden ? 0 : 1;
    }
    const whole = list.children.length;
    find(".count").textContent = counted(shown, whole, "delivery", "deliveries");
    return shown;
  }

  async function load() {
    const since = view.newest > OVERLAP ? String(view.newest - OVERLAP) : "";
    const answer = await call("deliveries", { query: [["namespace", address.get("namespace")], ["since", since]] });
    const fresh = answer.deliveries.filter((delivery) => !view.seen.has(delivery.key));
    for (const delivery of fresh) place(draw(delivery, answer.now), delivery.at);
    // What is no longer sent is too old to come again.
    view.seen = new Set(answer.deliveries.map((delivery) => delivery.key));
    // A record may lie about its time: nothing is newer than now.
    view.newest = Math.min(answer.now, Math.max(view.newest, ...answer.deliveries.map((delivery) => delivery.at)));
    while (list.children.length > MOST) list.lastElementChild.remove();
    const shown = filter();
    if (fresh.length && !view.first) announce(fresh.length === 1 ? "1 new delivery" : `${fresh.length} new deliveries`);
    view.first = false;
    find(".empty").hidden = shown > 0;
    find(".empty").textContent = answer.note || (list.children.length ? "No delivery matches the filter." : "No delivery yet.");
    report("");
  }

  async function poll() {
    if (!find("[name=live]").checked || document.hidden) return;
    try {
      await load();
    } catch (error) {
      // Who may not read now may not read in two seconds.
      if (error instanceof Refused && error.refusal) find("[name=live]").checked = false;
      report(error);
    }
  }

  bindFilters(find("form"), filter);
  const timer = setInterval(poll, PAUSE);
  return { load, close: () => clearInterval(timer) };
}
