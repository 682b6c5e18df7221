// Elements are made here and filled with text only: no markup ever comes from data.
export function element(name, { className, text, attributes = {} } = {}, ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function stamp(id) {
  return document.getElementById(id).content.cloneNode(true);
}

// What a screen reader is to say, and nobody needs to see.
export function announce(text) {
  document.getElementById("said").textContent = text;
}

// 12:34:56 today, 11-22 12:34:56 on another day; always UTC, as the slots are.
export function time(seconds, now) {
  const text = new Date(seconds * 1000).toISOString();
  const today = new Date(now * 1000).toISOString().slice(0, 10);
  return (text.slice(0, 10) === today ? "" : `${text.slice(5, 10)} `) + text.slice(11, 19);
}

// 12:34 today, 11-22 12:34 on another day.
export const minute = (seconds, now) => time(seconds, now).slice(0, -3);

// The same instant by the reader's own clock, "Sun 02:30 GMT+1"; empty for one who lives by UTC.
export function ownTime(seconds) {
  return new Date(seconds * 1000).getTimezoneOffset() === 0 ? "" : localTime(seconds, undefined);
}

export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

const clocks = new Map();

// The same instant on a clock of that zone, with its offset: "Sun 02:30 GMT+1". Empty for a zone that the browser
// does not know.
export function localTime(seconds, timeZone) {
  if (!clocks.has(timeZone)) clocks.set(timeZone, clock(timeZone));
  return clocks.get(timeZone)?.format(seconds * 1000).replace(",", "") ?? "";
}

function clock(timeZone) {
  const parts = { weekday: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "shortOffset" };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...parts, timeZone });
  } catch {
    return null;
  }
}

export function late(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

// "7 schedules", "1 of 7 schedules".
export function counted(shown, whole, one, many) {
  return `${shown === whole ? "" : `${shown} of `}${whole} ${whole === 1 ? one : many}`;
}

// Filters live in the URL, so that a view can be sent to somebody else.
export const address = {
  get: (key) => new URLSearchParams(location.search).get(key) || "",
  set(key, value) {
    const url = new URL(location.href);
    if (value) url.searchParams.set(key, value);
    else url.searchParams.delete(key);
    history.replaceState(null, "", url);
  },
};

// Ties each named field of a form to the URL and calls back with the name of one that changed.
export function bindFilters(form, changed) {
  for (const field of form.elements) {
    if (!field.name || field.type === "checkbox") continue;
    field.value = address.get(field.name);
    // A select has no value that is not one of its own.
    if (field.selectedIndex === -1) field.selectedIndex = 0;
    field.addEventListener("input", () => {
      address.set(field.name, field.value);
      changed(field.name);
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
}
