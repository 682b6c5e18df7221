// Commands for a terminal, each with a button that copies it: the page itself changes nothing.
import { announce, element } from "./dom.js";

async function copy(text, box) {
  try {
    await navigator.clipboard.writeText(text);
    announce("Copied");
  } catch {
    // Without TLS a browser gives no clipboard: what is selected can be copied by hand.
    getSelection().selectAllChildren(box);
    announce("Selected: copy it with the keyboard");
  }
}

export function command(text) {
  const code = element("code", { text });
  const button = element("button", { text: "Copy", attributes: { type: "button", "aria-label": `Copy: ${text}` } });
  button.addEventListener("click", () => copy(text, code));
  return element("li", {}, code, button);
}

// What somebody may want to do with a schedule, in the state that it is in.
export function commandsFor({ name, namespace, suspended }) {
  const of = `${name} -n ${namespace}`;
  return [
    `triggerfish explain cron ${of} --last 24h`,
    `triggerfish audit ${of}`,
    `triggerfish trigger ${of}`,
    suspended ? `triggerfish resume ${of}` : `triggerfish suspend ${of}`,
  ];
}
