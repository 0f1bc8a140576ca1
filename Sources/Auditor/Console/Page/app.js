// The console: which view the address names, who is signed in, and what the views share.
import { h, byId } from "/console/dom.js";
import { api, Live } from "/console/api.js";
import { overview } from "/console/overview.js";
import { search } from "/console/search.js";
import { detail } from "/console/detail.js";

const main = byId("main");
let closing = [];
let live = null;
let generation = 0;
let session = null;

/** What a view may use. Everything it starts ends with it. */
class View {
  constructor(parameters) {
    this.parameters = parameters;
    this.number = generation;
    this.session = session;
    this.fail = (error) => fail(error, this);
  }

  get isShown() { return this.number === generation; }

  show(title, ...children) {
    document.title = `${title} · Estuary`;
    main.replaceChildren(...children);
  }

  /** Calls again and again, never twice at once; a failure is shown, and the next success takes it away. */
  repeat(seconds, work) {
    let timer = 0;
    const once = async () => {
      try {
        await work();
        if (this.isShown) alert(null);
      } catch (error) {
        if (this.isShown) this.fail(error);
      }
      if (this.isShown) timer = setTimeout(once, seconds * 1000);
    };
    closing.push(() => clearTimeout(timer));
    return once();
  }

  follow(parameters, after, received) {
    live = new Live(parameters, after, (entry) => this.isShown && received(entry), showLive);
  }

  onClose(work) { closing.push(work); }

  /** Opens the view again after a while, where the auditor may be able to answer then. */
  retry(error) { if (this.isShown) retry(error); }
}

const patience = 5000;

function retry(error) {
  if (error?.status !== 0 && error?.status !== 429 && !(error?.status >= 500)) return;
  const timer = setTimeout(route, patience);
  closing.push(() => clearTimeout(timer));
}

function showLive(state) {
  const words = { connecting: "Connecting…", live: "Live", lost: "Live updates lost, trying again", paused: "Paused" };
  byId("live").textContent = words[state] ?? "";
  byId("live").className = `live ${state ?? ""}`;
  byId("pause").hidden = !state;
  byId("pause").textContent = state === "paused" ? "Go on" : "Pause";
}

function alert(text, retry = null) {
  const place = byId("alerts");
  if (text === null) { place.replaceChildren(); return; }
  if (place.textContent.startsWith(text)) return;
  place.replaceChildren(h("p", {}, h("b", {}, text), retry ? h("button", { type: "button", onclick: retry }, "Try again now") : null));
}

function fail(error, view) {
  if (error?.status === 401) { signIn(); return; }
  const text = error?.status === 0 ? "The auditor can't be reached. What is shown may be old; the page goes on trying."
    : error?.status === 403 ? `Your role does not allow this. ${error.message}`
    : error?.status ? error.message : `The page failed: ${error?.message ?? error}`;
  alert(text, () => { alert(null); route(); });
  if (!main.childElementCount || view.number !== generation) {
    main.replaceChildren(h("section", { class: "card lone" }, h("h1", {}, "Nothing to show"), h("p", {}, text)));
  }
}

function end() {
  generation += 1;
  for (const close of closing.splice(0)) close();
  live?.close();
  live = null;
  showLive(null);
}

function signIn(message = "") {
  end();
  session = null;
  alert(null);
  showSession();
  document.title = "Sign in · Estuary";
  const problem = h("p", { class: "problem", role: "alert" }, message);
  const user = h("input", { name: "user", id: "user-name", autocomplete: "username", required: true, maxlength: 200 });
  const password = h("input", { name: "password", id: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 1000 });
  const button = h("button", { class: "primary" }, "Sign in");
  main.replaceChildren(h("form", {
    class: "card lone form", onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        await api.signIn(user.value, password.value);
        await route();
      } catch (error) {
        problem.textContent = error.status === 401 ? "User or password are not right." : error.message;
        button.disabled = false;
        password.value = "";
        password.focus();
      }
    },
  }, h("h1", {}, "Sign in"), problem, h("label", { for: "user-name" }, "User"), user, h("label", { for: "password" }, "Password"), password, button));
  user.focus();
}

function showSession() {
  byId("user").textContent = session ? `${session.user} (${session.role})` : "";
  byId("sign-out").hidden = !session || session.user === "local";
}

const views = [
  [/^\/?$/, overview, "nav-overview"],
  [/^\/events$/, search, "nav-events"],
  [/^\/events\/(\d{1,15})$/, detail, "nav-events"],
];

async function route() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?", 2);
  if (path === "main") return;
  end();
  const number = generation;
  try {
    session ??= await api.session();
  } catch (error) {
    if (number !== generation) return;
    fail(error, { number: -1 });
    retry(error);
    return;
  }
  if (number !== generation) return;
  showSession();
  alert(null);
  const [pattern, open, tab] = views.find(([pattern]) => pattern.test(path)) ?? views[0];
  for (const id of ["nav-overview", "nav-events"]) {
    if (id === tab) byId(id).setAttribute("aria-current", "page"); else byId(id).removeAttribute("aria-current");
  }
  const view = new View(new URLSearchParams(query));
  try { await open(view, pattern.exec(path)?.[1]); } catch (error) {
    if (view.isShown) { main.replaceChildren(); view.fail(error); view.retry(error); }
  }
}

byId("pause").addEventListener("click", () => live?.toggle());
byId("help").addEventListener("click", () => byId("shortcuts").showModal());
byId("skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
byId("sign-out").addEventListener("click", async () => {
  try { await api.signOut(); signIn("You are signed out."); } catch (error) { fail(error, { number: generation }); }
});

function neighbour(step) {
  const links = [...main.querySelectorAll("tbody a.open")];
  const now = links.indexOf(document.activeElement);
  (links[now < 0 ? 0 : Math.min(links.length - 1, Math.max(0, now + step))])?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("shortcuts").open) return;
  if (event.target.closest?.("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (!session) return;
  const actions = {
    "/": () => { const field = byId("search-text"); if (field) field.focus(); else location.hash = "#/events?focus=1"; },
    o: () => { location.hash = "#/"; },
    e: () => { location.hash = "#/events"; },
    j: () => neighbour(1),
    k: () => neighbour(-1),
    p: () => live?.toggle(),
    "?": () => byId("shortcuts").showModal(),
  };
  const action = actions[event.key];
  if (action) { event.preventDefault(); action(); }
});

window.addEventListener("hashchange", route);
route();
