// The fleet at a glance.
import { h, badge, count, moment, relative, link, address } from "/console/dom.js";
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

/** What became of requests, as the auditor counts it: the lowest of a column first. A storm of what is sent away would dwarf the rest. */
const answered = [
  { key: "enrolled", title: "enrolled", tone: "series-0" },
  { key: "renewed", title: "renewed", tone: "series-1" },
  { key: "key-generated", title: "server-made key", tone: "series-5", isRare: true },
  { key: "replayed", title: "answered again", tone: "series-6", isRare: true },
];
const sentAway = [
  { key: "denied", title: "denied", tone: "series-3" },
  { key: "shed", title: "shed", tone: "series-4" },
  { key: "pending", title: "asked to wait for approval", tone: "series-2", isRare: true },
  { key: "unrecorded", title: "not recorded", tone: "series-7", isRare: true },
];

const sum = (buckets) => buckets.reduce((all, { counts }) => {
  for (const [name, value] of Object.entries(counts)) all[name] = (all[name] ?? 0) + value;
  return all;
}, Object.create(null));

/** How long the witness may be behind before that is worth a look. */
const patience = 120_000;

/** What the witness says of the log, in a word, with what is behind it. */
function witnessState(status) {
  const { witness, log } = status ?? {};
  if (!status) return { title: "–", text: "" };
  if (!witness) return { title: "Silent", text: "not heard of since the auditor's start", tone: "wait" };
  if (witness.alarm) return { title: "Alarm", text: witness.alarm, tone: "bad" };
  const behind = Math.max(0, log.size - witness.size);
  const text = behind === 0 ? "has cosigned the whole log" : `${count(behind)} ${behind === 1 ? "event" : "events"} behind`;
  if (!witness.time) return { title: "Waiting", text: "has cosigned nothing yet", tone: "wait" };
  if (behind > 0 && Date.now() - Date.parse(witness.time) > patience) return { title: "Behind", text: `${text}, last word ${relative(witness.time)}`, tone: "wait" };
  return { title: "Agrees", text, tone: "good" };
}

/** Processes say something every few seconds, whether or not there are events. */
const silence = 60_000;

function processState(source) {
  const state = source.closed ? badge("stopped", "plain")
    : !source.heardAt ? badge("not heard of", "wait")
    : Date.now() - Date.parse(source.heardAt) > silence ? badge("silent", "bad") : badge("running", "good");
  return [state, source.unclosedRuns > 0 ? h("span", { class: "badge wait", title: "Earlier runs that ended without saying so" }, `${source.unclosedRuns} broken off`) : null];
}

const card = (id, title, ...content) => h("section", { class: "card", id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...content);

export async function overview(view) {
  const name = view.parameters.get("range") in ranges ? view.parameters.get("range") : "day";
  const range = ranges[name];
  const places = Object.fromEntries(["alarm", "tiles", "answered", "sent-away", "labels", "frontends", "reasons", "processes", "log", "expiring"].map((id) => [id, h("div", { class: id === "tiles" ? "tiles" : null, id: `${id}-content` }, id === "alarm" ? null : h("p", { class: "muted" }, "Reading…"))]));
  const recent = h("tbody");
  view.show("Overview",
    h("div", { class: "between" }, h("h1", {}, "Overview"),
      h("nav", { class: "segments", "aria-label": "Time range" }, Object.entries(ranges).map(([key, one]) =>
        link(address("/", { range: key }), one.title, { "aria-current": key === name ? "true" : null })))),
    places.alarm, places.tiles,
    h("div", { class: "two" }, card("certificates", "Certificates over time", places.answered), card("refusals", "Denied and shed over time", places["sent-away"])),
    h("div", { class: "three" }, card("labels", "Per label", places.labels), card("frontends", "Per frontend", places.frontends), card("reasons", "Why denied or shed", places.reasons)),
    card("processes", "Processes", places.processes),
    h("div", { class: "two" }, card("log", "Log and witness", places.log), card("expiring", "Certificates that expire within 7 days", places.expiring)),
    card("recent", "Latest events", h("div", { class: "scroll" }, h("table", { class: "events" }, head(), recent)), h("p", {}, link("/events", "All events"))));

  let totals = null;
  let expiringTotal = null;
  let status = null;
  const tiles = () => {
    const during = range.title.toLowerCase();
    const total = (key) => totals ? count(totals[key] ?? 0) : "–";
    const issued = (operation) => `/events?type=issued&text=${operation}`;
    const word = witnessState(status);
    const rows = [
      ["Enrolled", total("enrolled"), during, issued("simpleenroll")],
      ["Renewed", total("renewed"), during, issued("simplereenroll")],
      ["Denied", total("denied"), during, "/events?type=denied"],
      ["Shed", total("shed"), "told to come later", "/events?type=coalesced"],
      ["Pending", total("pending"), "asked to wait", "/events?type=pending"],
      ["Expiring", count(expiringTotal), "within 7 days", null],
      ["Events", count(status?.log?.size), !status ? "" : status.indexBacklog ? `${count(status.indexBacklog)} not indexed yet` : "all indexed", "/events"],
      ["Witness", word.title, word.tone === "bad" ? "does not agree" : word.text, null, word.tone],
    ];
    places.tiles.replaceChildren(...rows.map(([title, value, text, path, tone]) => h(path ? "a" : "div", { class: `tile ${tone ?? ""}`, href: path ? `#${path}` : null },
      h("span", { class: "tile-title" }, title), h("span", { class: "tile-value" }, value), h("span", { class: "muted" }, text))));
    places.alarm.replaceChildren(...status?.witness?.alarm ? [h("div", { class: "verdict bad", role: "alert" },
      h("p", {}, h("b", {}, "The witness does not agree with this log. "), status.witness.alarm),
      h("p", {}, "The signer marks nothing as delivered until it sees the log again that it has witnessed, or an operator accepts this one. Verify the log first: ", h("code", {}, "estuary audit verify"), "."))] : []);
  };

  const charts = [["answered", "Certificates", answered], ["sent-away", "Denied and shed", sentAway]];
  const counts = async () => {
    const until = Date.now();
    const since = until - range.length;
    const part = { interval: range.interval, since: time(since), until: time(until + 1000) };
    const [byOutcome, byLabel, byReason, byNode] = await Promise.all(["outcome", "label", "reason", "node"].map((by) => api.counts({ ...part, by })));
    if (!view.isShown) return;
    totals = sum(byOutcome.buckets);
    const buckets = wholeBuckets(byOutcome.buckets, range.interval, since, until);
    for (const [id, title, series] of charts) {
      const place = places[id];
      // Who reads the chart or its table just now would lose the place.
      const isRead = place.contains(document.activeElement) || place.matches(":hover") || Boolean(place.querySelector("details[open]"));
      if (!isRead || !place.querySelector(".chart")) place.replaceChildren(columns({ title, buckets, interval: range.interval, series, width: Math.max(240, place.clientWidth) }));
    }
    const hours = range.length / 3_600_000;
    const rate = (value) => `${count(value)} · ${(value / hours).toFixed(value / hours < 0.1 ? 2 : value / hours < 10 ? 1 : 0)}/h`;
    const rows = (buckets, filter, tone) => Object.entries(sum(buckets)).filter(([key]) => key !== "").map(([key, value]) => ({ name: key, value, text: rate(value), path: filter ? address("/events", { [filter]: key }) : null, tone }));
    places.labels.replaceChildren(bars(rows(byLabel.buckets, "label"), "No event with a label in this time.", "Events, and how many an hour."));
    places.frontends.replaceChildren(bars(rows(byNode.buckets, null), "No request through a frontend in this time.", "Events, and how many an hour."));
    places.reasons.replaceChildren(bars(rows(byReason.buckets, null, "series-3"), "Nothing was denied or shed in this time.", "Events, and how many an hour."));
    tiles();
  };

  const health = async () => {
    status = await api.status();
    if (!view.isShown) return;
    const rate = (source, type) => ((source.rates?.[type] ?? 0) * 60).toFixed(1);
    places.processes.replaceChildren(h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Processes" }, h("table", { class: "processes" },
      h("thead", {}, h("tr", {}, ["Process", "State", "Heard of", "Last event", "Backlog", "Issued/min", "Denied/min"].map((text, index) => h("th", { scope: "col", class: index > 3 ? "n" : null }, text)))),
      h("tbody", {}, [
        h("tr", {}, h("th", { scope: "row" }, link(address("/events", { source: "auditor" }), "auditor")), h("td", {}, badge("answers", "good")), h("td", {}, "now"),
          h("td", {}, status.log?.checkpointTime ? relative(status.log.checkpointTime) : "none yet"), h("td", { class: "n" }, count(status.indexBacklog)), h("td", { class: "n" }, ""), h("td", { class: "n" }, "")),
        ...status.sources.filter((source) => source.role !== "auditor").map((source) => h("tr", {},
          h("th", { scope: "row" }, link(address("/events", { source: source.name }), source.name)),
          h("td", {}, processState(source)),
          h("td", {}, source.heardAt ? relative(source.heardAt) : "–"), h("td", {}, relative(source.lastStoredAt)), h("td", { class: "n" }, count(source.backlog)),
          h("td", { class: "n" }, rate(source, "issued")), h("td", { class: "n" }, rate(source, "denied")))),
      ]))), h("p", { class: "muted" }, "Backlog: events that a process has not handed over yet, as it last said; of the auditor, those that are not indexed yet. Rates are those of the last five minutes."));
    const { log, witness } = status;
    const kept = pinned();
    const word = witnessState(status);
    const keyState = (owner, key) => !key ? null : !kept[owner] ? " (this browser keeps none)" : kept[owner] === key ? [" ", badge("the one that this browser keeps", "good")] : [" ", badge("NOT the one that this browser keeps", "bad")];
    const rows = [
      ["Origin", log?.origin ?? "not told"], ["Events", count(log?.size)],
      ["Last checkpoint", log?.checkpointTime ? [moment(log.checkpointTime), ` (${relative(log.checkpointTime)})`] : "none yet"],
      ["Root", h("span", { class: "mono" }, log?.root ?? "not told")],
      ["Log's key", [h("span", { class: "mono" }, log?.key ?? "not told"), keyState("log", log?.key)]],
      ["Witness", [badge(word.title.toLowerCase(), word.tone ?? "plain"), ` ${word.text}`]],
      ["Cosigned", witness?.time ? [`${count(witness.size)} events, `, moment(witness.time), ` (${relative(witness.time)})`] : "nothing yet"],
      ["Witness's key", [h("span", { class: "mono" }, witness?.key ?? "not told"), keyState("witness", witness?.key)]],
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
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Expires"), h("th", { scope: "col" }, "Subject"), h("th", { scope: "col", class: "wide" }, "Label"))),
      h("tbody", {}, page.certificates.map((one) => h("tr", {}, h("td", { class: "t" }, h("time", { datetime: one.notAfter, title: one.notAfter }, relative(one.notAfter))),
        h("td", { class: "long" }, link(`/events/${one.place}`, one.subject || "(no subject)")), h("td", { class: "wide" }, one.label ?? "")))))) : h("p", { class: "muted" }, "None."),
    h("div", { class: "pages" }, cursor ? h("button", { type: "button", onclick: turn(() => { cursor = trail.pop() ?? ""; }) }, "← Sooner") : null,
      page.nextCursor ? h("button", { type: "button", onclick: turn(() => { trail.push(cursor); cursor = page.nextCursor; }) }, "Later →") : null,
      page.total ? h("span", { class: "muted" }, `${count(page.total)} in all`) : null));
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
