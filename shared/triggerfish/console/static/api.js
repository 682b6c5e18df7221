// Calls to the server that this page came from. The token stays in this tab.
const KEY = "triggerfish-token";

export const token = {
  get: () => sessionStorage.getItem(KEY) || "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  // Whether asking again would give the same: not so when the server was away, or failed.
  get refusal() {
    return this.status >= 400 && this.status < 500;
  }
}

// What a browser says of a server that is gone differs from browser to browser, and helps in none.
async function asked(url, request) {
  try {
    return await fetch(url, request);
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new Refused(0, "The server does not answer.");
  }
}

// A JSON answer; a Refused with the server's own sentence for anything that is not 2xx.
// `own`: it may change something, and is to come from this page alone; `key`: the same again is one and no second.
export async function call(path, { query = [], body, signal, own = false, key = "" } = {}) {
  const url = new URL(`api/${path}`, document.baseURI);
  for (const [key, value] of query) if (value) url.searchParams.append(key, value);
  const headers = { Accept: "application/json" };
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (own) headers["X-Triggerfish-Console"] = "submit";
  if (key) headers["Idempotency-Key"] = key;
  const answer = await asked(url, {
    method: body === undefined ? "GET" : "POST",
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    cache: "no-store",
  });
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, value.message || `the server answered ${answer.status}`);
  return value;
}
