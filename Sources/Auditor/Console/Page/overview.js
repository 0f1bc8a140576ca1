// The fleet at a glance.
import { h, count, moment, relative, link, address } from "/console/dom.js";
import { api, time } from "/console/api.js";
import { columns, bars, wholeBuckets } from "/console/charts.js";
import { pinned } from "/console/proof.js";
import { row, head } from "/console/search.js";

const ranges = {
  hour: { title: "Last hour", interval: "minute", length: 3_600_000 },
  day: { title: "Last 24 hours", interval: "hour", length: 86_400_000 },
  week: { title: "Last 7 days", interval: "hour", length: 7 * 86_400_000 },
  month: { title: "Last 30 days", interval: "day", length: 30 * 86_400_000 },
};

const series = [
  { title: "issued", types: ["issued"] },
  { title: "replayed", types: ["replayed"] },
  { title: "pending", types: ["pending"] },
  { title: "denied", types: ["denied", "rejected"] },
  { title: "dropped or coalesced", types: ["dropped", "coalesced"] },
];

const sum = (buckets) => buckets.reduce((all, { counts }) => {
  for (const [name, value] of Object.entries(counts)) all[name] = (all[name] ?? 0) + value;
  return all;
}, Object.create(null));

const card = (id, title, ...content) => h("section", { class: "card", id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...content);

export async function overview(view) {
  const name = view.parameters.get("range") in ranges ? view.parameters.get("range") : "day";
  const range = ranges[name];
  const places = Object.fromEntries(["tiles", "chart", "labels", "frontends", "reasons", "processes", "log", "expiring"].map((id) => [id, h("div", { class: id === "tiles" ? "tiles" : null }, h("p", { class: "muted" }, "Reading…"))]));
  const recent = h("tbody");
  view.show("Overview",
    h("div", { class: "between" }, h("h1", {}, "Overview"),
      h("nav", { class: "segments", "aria-label": "Time range" }, Object.entries(ranges).map(([key, one]) =>
        link(address("/", { range: key }), one.title, { "aria-current": key === name ? "true" : null })))),
    places.tiles,
    card("requests", "Requests over time", places.chart),
    h("div", { class: "three" }, card("labels", "Per label", places.labels), card("frontends", "Per frontend", places.frontends), card("reasons", "Reasons of denials", places.reasons)),
    h("div", { class: "two" }, card("processes", "Processes", places.processes), card("log", "Log and witness", places.log)),
    card("expiring", "Certificates that expire within 7 days", places.expiring),
    card("recent", "Latest events", h("div", { class: "scroll" }, h("table", { class: "events" }, head(), recent)), h("p", {}, link("/events", "All events"))));

  let totals = {};
  let expiringTotal = null;
  let status = null;
  const tiles = () => {
    const alarm = status?.witness?.alarm;
    const rows = [
      ["Issued", count(totals.issued ?? 0), range.title.toLowerCase(), "/events?type=issued"],
      ["Denied", count((totals.denied ?? 0) + (totals.rejected ?? 0)), range.title.toLowerCase(), "/events?type=denied"],
      ["Pending", count(totals.pending ?? 0), "asked to wait", "/events?type=pending"],
      ["Expiring", count(expiringTotal), "within 7 days", null],
      ["Events in the log", count(status?.log?.size), status ? `${count(status.indexBacklog)} not indexed yet` : "", "/events"],
      ["Witness", !status?.witness ? "none" : alarm ? "Alarm" : "Agrees", alarm ?? (status?.witness ? `${count(Math.max(0, status.log.size - status.witness.size))} events behind` : "nobody cosigns this log"), null, alarm ? "bad" : status?.witness ? "good" : null],
    ];
    places.tiles.replaceChildren(...rows.map(([title, value, text, path, tone]) => h(path ? "a" : "div", { class: `tile ${tone ?? ""}`, href: path ? `#${path}` : null },
      h("span", { class: "tile-title" }, title), h("span", { class: "tile-value" }, value), h("span", { class: "muted" }, text))));
  };

  let hasFocus = false;
  const counts = async () => {
    const until = Date.now();
    const since = until - range.length;
    const part = { interval: range.interval, since: time(since), until: time(until + 1000) };
    const [byType, byLabel, byReason, byNode] = await Promise.all(["type", "label", "reason", "node"].map((by) => api.counts({ ...part, by })));
    if (!view.isShown) return;
    totals = sum(byType.buckets);
    // Who reads the chart or its table just now would lose the place.
    hasFocus = places.chart.contains(document.activeElement) || places.chart.matches(":hover") || Boolean(places.chart.querySelector("details[open]"));
    if (!hasFocus || !places.chart.querySelector("svg")) {
      places.chart.replaceChildren(columns({ title: "Requests", buckets: wholeBuckets(byType.buckets, range.interval, since, until), interval: range.interval, series }));
    }
    const hours = range.length / 3_600_000;
    const rate = (value) => `${count(value)} · ${(value / hours).toFixed(value / hours < 10 ? 1 : 0)}/h`;
    const rows = (buckets, filter, tone) => Object.entries(sum(buckets)).filter(([key]) => key !== "").map(([key, value]) => ({ name: key, value, text: rate(value), path: filter ? address("/events", { [filter]: key }) : null, tone }));
    places.labels.replaceChildren(bars(rows(byLabel.buckets, "label"), "No event with a label in this time."));
    places.frontends.replaceChildren(bars(rows(byNode.buckets, null), "No request through a frontend in this time."));
    places.reasons.replaceChildren(bars(rows(byReason.buckets, null, "series-3"), "Nothing was denied in this time."));
    tiles();
  };

  const health = async () => {
    status = await api.status();
    if (!view.isShown) return;
    const rate = (source, type) => (source.rates?.[type] ?? 0).toFixed(2);
    places.processes.replaceChildren(h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Processes" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Process", "State", "Last event", "Number", "Issued/s", "Denied/s"].map((text, index) => h("th", { scope: "col", class: index > 2 ? "n" : null }, text)))),
      h("tbody", {}, [
        h("tr", {}, h("th", { scope: "row" }, "auditor"), h("td", {}, h("span", { class: "badge good" }, "answers")), h("td", {}, `since ${relative(status.startedAt).replace(" ago", "")}`), h("td", { class: "n" }, count(status.log?.size)), h("td", { class: "n" }, ""), h("td", { class: "n" }, "")),
        ...status.sources.filter((source) => source.role !== "auditor").map((source) => h("tr", {},
          h("th", { scope: "row" }, link(address("/events", { source: source.name }), source.name)),
          h("td", {}, source.closed ? h("span", { class: "badge plain" }, "stopped") : h("span", { class: "badge good" }, "running"),
            source.unclosedRuns > 0 ? h("span", { class: "badge wait", title: "Earlier runs that ended without saying so" }, `${source.unclosedRuns} broken off`) : null),
          h("td", {}, relative(source.lastStoredAt)), h("td", { class: "n" }, count(source.lastSequence)),
          h("td", { class: "n" }, rate(source, "issued")), h("td", { class: "n" }, rate(source, "denied")))),
      ]))), h("p", { class: "muted" }, "“Running” means that the process's run has not been closed; rates are those of the last five minutes."));
    const { log, witness } = status;
    const kept = pinned();
    const rows = [
      ["Origin", log?.origin ?? "not told"], ["Events", count(log?.size)],
      ["Last checkpoint", log?.checkpointTime ? [moment(log.checkpointTime), ` (${relative(log.checkpointTime)})`] : "none yet"],
      ["Root", h("span", { class: "mono" }, log?.root ?? "not told")], ["Key", h("span", { class: "mono" }, log?.key ?? "not told")],
      ["Key in this browser", !kept ? "none kept: an event's page can keep it" : kept === log?.key ? h("span", { class: "badge good" }, "the same") : h("span", { class: "badge bad" }, "ANOTHER KEY: see an event's proof")],
      ["Witness", !witness ? "none: nobody cosigns this log" : witness.alarm ? h("span", { class: "badge bad" }, witness.alarm) : [h("span", { class: "badge good" }, "agrees"), ` up to ${count(witness.size)}`]],
      ["Witness's last word", witness?.time ? [moment(witness.time), ` (${relative(witness.time)})`] : "–"],
      ["Index backlog", `${count(status.indexBacklog)} events`], ["Version", status.version],
    ];
    places.log.replaceChildren(h("dl", { class: "fields" }, rows.map(([title, value]) => h("div", {}, h("dt", {}, title), h("dd", {}, value)))));
    tiles();
  };

  let cursor = "";
  let trail = [];
  const expiring = async () => {
    const page = await api.expiring({ within: "7d", limit: 10, cursor });
    if (!view.isShown) return;
    expiringTotal = page.total;
    const turn = (change) => () => { change(); expiring().catch(view.fail); };
    places.expiring.replaceChildren(page.certificates.length ? h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Expires"), h("th", { scope: "col" }, "Subject"), h("th", { scope: "col", class: "wide" }, "Label"), h("th", { scope: "col", class: "wide" }, "Serial"))),
      h("tbody", {}, page.certificates.map((one) => h("tr", {}, h("td", { class: "t" }, h("time", { datetime: one.notAfter, title: one.notAfter }, relative(one.notAfter))),
        h("td", { class: "long" }, link(`/events/${one.place}`, one.subject || "(no subject)")), h("td", { class: "wide" }, one.label ?? ""), h("td", { class: "wide mono" }, one.serial)))))) : h("p", { class: "muted" }, "None."),
    h("div", { class: "pages" }, cursor ? h("button", { type: "button", onclick: turn(() => { cursor = trail.pop() ?? ""; }) }, "← Sooner") : null,
      page.nextCursor ? h("button", { type: "button", onclick: turn(() => { trail.push(cursor); cursor = page.nextCursor; }) }, "Later →") : null,
      h("span", { class: "muted" }, `${count(page.total)} in all`)));
    tiles();
  };

  const latest = await api.events({ limit: 8 });
  if (!view.isShown) return;
  recent.replaceChildren(...latest.events.map((entry) => row(entry)));
  view.repeat(10, health);
  view.repeat(30, counts);
  view.repeat(60, expiring);
  let waiting = 0;
  view.onClose(() => clearTimeout(waiting));
  view.follow({}, latest.events[0]?.place ?? 0, (entry) => {
    recent.prepend(row(entry, true));
    while (recent.childElementCount > 8) recent.lastElementChild.remove();
    // Charts follow soon, however many events come.
    waiting ||= setTimeout(() => { waiting = 0; Promise.all([counts(), health()]).catch(view.fail); }, 3000);
  });
}
