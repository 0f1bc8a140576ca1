// What the auditor answers, and its live stream.

export class Failure extends Error {
  /** `status` is 0 where there was no answer at all. */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const patience = 20_000;

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(patience), ...options });
  } catch {
    throw new Failure(0, "unreachable", "The auditor does not answer.");
  }
  if (response.ok) return response;
  let error = {};
  try { error = (await response.json()).error ?? {}; } catch { /* Not from the auditor: the status has to do. */ }
  throw new Failure(response.status, error.code ?? "failed", error.message ?? `The auditor answered ${response.status}.`);
}

async function read(path, kind) {
  const response = await ask(path);
  try { return await response[kind](); } catch {
    throw new Failure(0, "broken", "The auditor's answer broke off, or is none that this page understands.");
  }
}

function query(parameters) {
  const text = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  return text.size ? `?${text}` : "";
}

export const api = {
  session: () => read("/api/v1/session", "json"),
  signIn: (user, password) => ask("/api/v1/session", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ user, password }),
  }),
  signOut: () => ask("/api/v1/session", { method: "DELETE" }),
  status: () => read("/api/v1/status", "json"),
  counts: (parameters) => read(`/api/v1/counts${query(parameters)}`, "json"),
  expiring: (parameters) => read(`/api/v1/certificates/expiring${query(parameters)}`, "json"),
  events: (parameters) => read(`/api/v1/events${query(parameters)}`, "json"),
  event: (place) => read(`/api/v1/events/${encodeURIComponent(place)}`, "json"),
  proof: (place) => read(`/api/v1/events/${encodeURIComponent(place)}/proof`, "text"),
  exportPath: (parameters) => `/api/v1/export${query(parameters)}`,
};

/** RFC 3339 without fractions, as every route takes it. */
export const time = (date) => `${new Date(date).toISOString().slice(0, 19)}Z`;

/** The live stream. Goes on after the last event that it saw, and waits longer after each failure. */
export class Live {
  #source = null;
  #timer = 0;
  #failures = 0;

  /** `changed` gets "connecting", "live", "lost" or "paused". */
  constructor(parameters, after, received, changed) {
    Object.assign(this, { parameters, after, received, changed, state: "connecting" });
    this.#open();
  }

  #open() {
    this.#tell("connecting");
    const source = new EventSource(`/api/v1/stream${query({ ...this.parameters, after: this.after })}`);
    this.#source = source;
    source.onopen = () => { this.#failures = 0; this.#tell("live"); };
    source.onerror = () => {
      source.close();
      this.#failures += 1;
      this.#tell("lost");
      this.#timer = setTimeout(() => this.#open(), Math.min(30_000, 500 * 2 ** Math.min(this.#failures, 6)));
    };
    source.addEventListener("event", (message) => {
      let entry;
      try { entry = JSON.parse(message.data); } catch { return; }
      if (typeof entry?.place !== "number" || !entry.event) return;
      this.after = entry.place;
      this.received(entry);
    });
  }

  #tell(state) {
    this.state = state;
    this.changed(state);
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  /** Stops, or goes on from where it stopped. */
  toggle() {
    if (this.#source && this.state !== "paused") {
      this.close();
      this.#tell("paused");
    } else {
      this.#open();
    }
  }
}
