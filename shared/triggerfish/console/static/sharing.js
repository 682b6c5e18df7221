// The playground's fields in a URL's fragment, which never reaches a server: a payload in a shared link stays with
// those who have the link.
export const FIELDS = ["payload", "headers", "discriminator", "dialect", "selector", "parameters", "template", "facts"];

function pack(state) {
  let raw = "";
  for (const byte of new TextEncoder().encode(JSON.stringify(state))) raw += String.fromCharCode(byte);
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_");
}

// The fields in a fragment; none of them when it is not one of ours.
export function unpack(text) {
  try {
    const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const state = JSON.parse(new TextDecoder().decode(Uint8Array.from(raw, (letter) => letter.charCodeAt(0))));
    const given = FIELDS.filter((name) => typeof state?.[name] === "string");
    return Object.fromEntries(given.map((name) => [name, state[name]]));
  } catch {
    return {};
  }
}

export function link(state, namespace) {
  const url = new URL(location.href);
  url.search = "";
  url.searchParams.set("view", "playground");
  if (namespace) url.searchParams.set("namespace", namespace);
  url.hash = pack(state);
  return url.href;
}
