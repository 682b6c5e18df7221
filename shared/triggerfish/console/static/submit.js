// A form for what can be submitted; a preview, and then the Workflow itself, once somebody says so.
import { call } from "./api.js";
import { command } from "./commands.js";
import { address, announce, bindFilters, counted, element, stamp } from "./dom.js";
import { runAddress, surroundings } from "./surroundings.js";

const LONG = 60;
// A shell takes what is between these as it stands.
const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

export function submit(root, report) {
  root.replaceChildren(stamp("submit-template"));
  const find = (selector) => root.querySelector(selector);
  const form = find(".parameters");
  const dialog = find(".confirm");
  const view = { all: [], chosen: null, namespace: "", key: "", busy: false };
  const identity = (offer) => `${offer.kind}/${offer.name}`;

  function filter() {
    const text = address.get("q").toLowerCase();
    const shown = view.all.filter((offer) => `${identity(offer)} ${offer.title}`.toLowerCase().includes(text));
    find(".offers").replaceChildren(...shown.map(drawOffer));
    find(".count").textContent = counted(shown.length, view.all.length, "template or schedule", "templates and schedules");
  }

  function drawOffer(offer) {
    const button = element("button", { attributes: { type: "button", "aria-pressed": String(offer === view.chosen) } },
      element("strong", { text: offer.name }),
      element("span", { className: "hint", text: offer.title ? `${offer.kind} · ${offer.title}` : offer.kind }),
    );
    button.addEventListener("click", () => choose(offer));
    return element("li", {}, button);
  }

  function choose(offer) {
    view.chosen = offer;
    address.set("submit", identity(offer));
    find(".created").replaceChildren();
    for (const button of root.querySelectorAll(".offers button")) {
      const mine = button.firstChild.textContent === offer.name && button.lastChild.textContent.startsWith(offer.kind);
      button.setAttribute("aria-pressed", String(mine));
    }
    find("#submit-title").textContent = `${offer.kind} ${offer.name}`;
    find(".description").textContent = offer.description || offer.title;
    find(".fields").replaceChildren(...offer.parameters.map(drawField));
    if (!offer.parameters.length) find(".fields").append(element("p", { className: "hint", text: "It has no parameters." }));
    form.hidden = false;
    drawCommand();
  }

  function drawField(parameter, index) {
    const id = `parameter-${index}`;
    const field = drawInput(parameter);
    field.id = id;
    field.dataset.parameter = parameter.name;
    field.required = parameter.required;
    const about = [
      parameter.description,
      parameter.required ? "A value is needed." : "",
      parameter.from ? `Left empty: ${parameter.from}.` : "",
    ].filter(Boolean).join(" ");
    const label = element("label", { text: parameter.name, attributes: { for: id } });
    if (!about) return element("div", { className: "field" }, label, field);
    field.setAttribute("aria-describedby", `${id}-about`);
    return element("div", { className: "field" }, label, field,
      element("span", { className: "hint", text: about, attributes: { id: `${id}-about` } }));
  }

  function drawInput({ value, enum: allowed }) {
    if (allowed.length) {
      const select = element("select");
      // Nothing is chosen for somebody who has to choose.
      if (value === null || !allowed.includes(value)) select.append(element("option", { text: "", attributes: { value: "" } }));
      for (const each of allowed) select.append(element("option", { text: each, attributes: { value: each } }));
      select.value = value ?? "";
      return select;
    }
    const long = value !== null && (value.length > LONG || value.includes("\n"));
    const input = element(long ? "textarea" : "input", { attributes: { autocomplete: "off", spellcheck: "false" } });
    if (long) input.rows = 5;
    input.value = value ?? "";
    return input;
  }

  // What is as the template has it is left to the template.
  function given() {
    const found = {};
    for (const parameter of view.chosen.parameters) {
      const field = [...form.querySelectorAll("[data-parameter]")].find((each) => each.dataset.parameter === parameter.name);
      if (parameter.required || field.value !== (parameter.value ?? "")) found[parameter.name] = field.value;
    }
    return found;
  }

  function drawCommand() {
    const { kind, name } = view.chosen;
    const options = Object.entries(given()).filter(([, value]) => value !== "").map(([key, value]) => ` -p ${quoted(`${key}=${value}`)}`).join("");
    find(".commands").replaceChildren(command(`triggerfish submit ${kind.toLowerCase()}/${name} -n ${view.namespace}${options}`));
  }

  const question = (confirmed) => ({
    namespace: view.namespace, kind: view.chosen.kind, name: view.chosen.name, parameters: given(), confirmed,
  });

  async function preview() {
    try {
      const { workflow } = await call("submit", { body: question(false), own: true });
      // The same preview confirmed twice, as by a double click, is one Workflow.
      view.key = crypto.getRandomValues(new Uint32Array(4)).join("-");
      find("#confirm-title").textContent = `Create this Workflow in namespace ${view.namespace}?`;
      find(".confirm pre").textContent = JSON.stringify(workflow, null, 2);
      find(".confirm .failed").hidden = true;
      dialog.showModal();
      report("");
    } catch (error) {
      report(error);
    }
  }

  async function create() {
    if (view.busy) return;
    view.busy = true;
    try {
      const { workflow } = await call("submit", { body: question(true), own: true, key: view.key });
      dialog.close();
      const { name, namespace } = workflow.metadata;
      const link = runAddress(namespace, name);
      const shown = link
        ? element("a", { text: name, attributes: { href: link, target: "_blank", rel: "noopener noreferrer" } })
        : element("strong", { text: name });
      find(".created").replaceChildren("Created ", shown, ` in namespace ${namespace}.`);
      announce(`Created ${name}`);
    } catch (error) {
      // The status line is behind the dialog.
      find(".confirm .failed").textContent = error.message;
      find(".confirm .failed").hidden = false;
    } finally {
      view.busy = false;
    }
  }

  bindFilters(find(".filters"), filter);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    preview();
  });
  form.addEventListener("input", drawCommand);
  find(".confirm .cancel").addEventListener("click", () => dialog.close());
  find(".confirm .create").addEventListener("click", create);

  async function load() {
    const { namespaces, all } = await surroundings();
    view.namespace = address.get("namespace") || (all ? "" : namespaces[0]);
    find(".empty").hidden = view.namespace !== "";
    find(".empty").textContent = "Choose a namespace above: a Workflow runs in one.";
    if (!view.namespace) return;
    const answer = await call("submittable", { query: [["namespace", view.namespace]] });
    view.all = answer.submittable;
    filter();
    find(".empty").hidden = view.all.length > 0;
    find(".empty").textContent = "There is nothing to submit here: no WorkflowTemplate, no CronWorkflow.";
    const asked = view.all.find((offer) => identity(offer) === address.get("submit"));
    if (asked) choose(asked);
    report(answer.unread.length ? `You may not list: ${answer.unread.join(", ")}.` : "");
  }
  return { load, close: () => dialog.close() };
}
