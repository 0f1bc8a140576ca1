// The searchable table of events. The address keeps the search, so that it can be passed on.
import { h, byId, badge, count, moment, link, address } from "/console/dom.js";
import { api } from "/console/api.js";
import { types } from "/console/fields.js";

const pageSize = 50;
const names = ["text", "type", "decision", "label", "source", "principal", "serial", "subject", "name", "since", "until"];

/** What an event is about, in few words. */
function told(event) {
  const text = event.subject ?? event.reason_text ?? event.principal ?? event.operator ?? "";
  return typeof event.count === "number" && ["coalesced", "dropped", "alarm"].includes(event.type) ? `${count(event.count)} × ${text || event.type}` : text;
}

/** A row of a table of events. */
export function row({ place, event }, isNew = false) {
  // The roles are what the elements are; on a narrow screen they are laid out otherwise, and would lose them.
  return h("tr", { class: isNew ? "new" : null, role: "row" },
    h("td", { class: "n", role: "cell" }, link(`/events/${place}`, place, { class: "open", "aria-label": `Event ${place}, ${event.type}` })),
    h("td", { class: "t", role: "cell" }, moment(event.time)),
    h("td", { role: "cell" }, badge(event.type)),
    h("td", { class: "long", role: "cell" }, told(event), event.reason ? h("span", { class: "muted" }, ` ${event.reason}`) : null),
    h("td", { class: "wide", role: "cell" }, event.label ?? ""),
    h("td", { class: "wide", role: "cell" }, event.node ?? event.source ?? ""),
    h("td", { class: "wide mono", role: "cell" }, event.serial ? `${String(event.serial).slice(0, 16)}${String(event.serial).length > 16 ? "…" : ""}` : ""));
}

export const head = () => h("thead", {}, h("tr", {},
  [["Place", "n"], ["Time (UTC)", "t"], ["Type"], ["Subject or reason"], ["Label", "wide"], ["Node", "wide"], ["Serial", "wide"]]
    .map(([name, kind]) => h("th", { scope: "col", class: kind }, name))));

export async function search(view) {
  const filters = Object.fromEntries(names.map((name) => [name, view.parameters.get(name) ?? ""]));
  const order = view.parameters.get("order") === "oldest" ? "oldest" : "newest";
  const cursor = /^\d{1,15}$/.test(view.parameters.get("cursor") ?? "") ? view.parameters.get("cursor") : "";
  const trail = (view.parameters.get("trail") ?? "").split(".").filter((part) => /^\d{1,15}$/.test(part));
  const isFirst = cursor === "";

  const field = (name, title, properties = {}) => h("label", {}, h("span", {}, title),
    h("input", { name, id: `search-${name}`, value: filters[name], maxlength: 300, autocomplete: "off", spellcheck: "false", ...properties }));
  const choice = (name, title, values, value) => h("label", {}, h("span", {}, title),
    h("select", { name, id: `search-${name}` }, values.map(([key, text]) => h("option", { value: key, selected: key === value }, text))));
  const any = [["", "any"]];
  const more = ["principal", "serial", "subject", "name", "since", "until"];
  const form = h("form", {
    class: "filters card", role: "search", "aria-label": "Events", onsubmit: (event) => {
      event.preventDefault();
      const data = Object.fromEntries(new FormData(form));
      for (const name of ["since", "until"]) if (data[name]) data[name] = full(data[name]);
      if (data.order === "newest") delete data.order;
      const next = `#${address("/events", data)}`;
      if (next === location.hash) window.dispatchEvent(new HashChangeEvent("hashchange")); else location.hash = next;
    },
  },
  h("div", { class: "row" }, field("text", "Free text", { type: "search", placeholder: "words that stand in the event" }),
    choice("type", "Type", [...any, ...types.map((type) => [type, type])], filters.type),
    choice("decision", "Decision", [...any, ...["allowed", "denied", "deferred"].map((one) => [one, one])], filters.decision),
    field("label", "Label"), field("source", "Source"),
    h("button", { class: "primary" }, "Search")),
  h("details", { open: more.some((name) => filters[name]) || order === "oldest" }, h("summary", {}, "More filters"),
    h("div", { class: "row" }, field("serial", "Serial"), field("subject", "Subject"), field("name", "Name (dns, ip …)"), field("principal", "Principal"),
      field("since", "Since (UTC)", { placeholder: "2026-01-31 or RFC 3339" }), field("until", "Until (UTC)", { placeholder: "2026-01-31T12:00:00Z" }),
      choice("order", "Order", [["newest", "newest first"], ["oldest", "oldest first"]], order))));

  const body = h("tbody");
  const table = h("table", { class: "events" }, h("caption", { class: "hidden" }, "Events"), head(), body);
  const note = h("p", { class: "muted", role: "status" }, "Searching…");
  const pages = h("nav", { class: "pages", "aria-label": "Pages" });
  const tools = h("div", { class: "between" }, note, h("span", {},
    view.session.role === "auditor" ? h("a", { class: "button", href: api.exportPath(filters), download: "estuary-events.jsonl" }, "Export as JSON Lines") : null));
  view.show("Events", h("h1", {}, "Events"), form, h("section", { class: "card", "aria-label": "Results" }, tools, h("div", { class: "scroll" }, table), pages));
  if (view.parameters.has("focus")) byId("search-text").focus();

  let page;
  try { page = await api.events({ ...filters, order, limit: pageSize, cursor }); } catch (error) {
    if (!view.isShown) return;
    note.textContent = error.status === 400 ? `The search can't be done: ${error.message}` : "The events could not be read.";
    if (error.status === 400) note.className = "problem"; else { view.fail(error); view.retry(error); }
    return;
  }
  if (!view.isShown) return;
  body.replaceChildren(...page.events.map((entry) => row(entry)));
  let shown = page.events.length;
  const tell = () => {
    note.textContent = shown ? `${shown} ${shown === 1 ? "event" : "events"} on this page${page.nextCursor === null ? ", the last" : ""}`
      : names.some((name) => filters[name]) ? "No event is like that." : "The log has no event yet.";
  };
  tell();
  const here = { ...filters, order: order === "newest" ? "" : order };
  const back = trail.slice(0, -1);
  pages.replaceChildren(...[
    isFirst ? null : link(address("/events", { ...here, cursor: trail.at(-1) === "0" ? "" : trail.at(-1) ?? "", trail: back.join(".") }), order === "newest" ? "← Newer" : "← Older", { class: "button", id: "previous-page" }),
    page.nextCursor === null ? null
      : link(address("/events", { ...here, cursor: page.nextCursor, trail: [...trail, cursor || "0"].slice(-40).join(".") }), order === "newest" ? "Older →" : "Newer →", { class: "button", id: "next-page" }),
  ].filter(Boolean));
  if (!isFirst || order !== "newest") return;
  const newest = page.events[0]?.place;
  const seen = new Set(page.events.map(({ place }) => place));
  view.follow(filters, newest, (entry) => {
    if (seen.has(entry.place)) return;
    seen.add(entry.place);
    body.prepend(row(entry, true));
    shown += 1;
    while (body.childElementCount > 200) { body.lastElementChild.remove(); shown -= 1; }
    tell();
  });
}

/** A date becomes its first moment; a time without zone is UTC. */
function full(text) {
  const trimmed = text.trim();
  if (/^\d{4}-\d\d-\d\d$/.test(trimmed)) return `${trimmed}T00:00:00Z`;
  const parts = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?$/.exec(trimmed);
  return parts ? `${parts[1]}T${parts[2]}${parts[3] ?? ":00"}Z` : trimmed;
}
