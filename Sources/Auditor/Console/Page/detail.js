// One event: its fields, its certificate, its line, and whether the log has it.
import { h, badge, moment, link, address } from "/console/dom.js";
import { api } from "/console/api.js";
import { verify, pin, pinned } from "/console/proof.js";
import { titles } from "/console/fields.js";

const searchable = { label: "label", principal: "principal", serial: "serial", source: "source", subject: "subject", decision: "decision", type: "type" };

function value(name, content) {
  if (name === "type") return badge(content);
  if (name === "time" || name === "not_before" || name === "not_after") return moment(content);
  if (Array.isArray(content)) return h("ul", { class: "plain" }, content.map((one) => h("li", {}, one)));
  const text = typeof content === "object" && content !== null ? JSON.stringify(content) : content;
  return searchable[name] ? link(address("/events", { [searchable[name]]: text }), text, { title: "Events like this" }) : text;
}

const list = (rows) => h("dl", { class: "fields" }, rows.map(([name, content]) => h("div", {}, h("dt", {}, name), h("dd", {}, content))));

export async function detail(view, place) {
  view.show(`Event ${place}`, h("p", { class: "muted" }, "Reading the event…"));
  let entry;
  try { entry = await api.event(place); } catch (error) {
    if (error.status !== 404) throw error;
    view.show(`Event ${place}`, h("section", { class: "card lone" }, h("h1", {}, `The log has no event ${place}`), h("p", {}, link("/events", "All events"))));
    return;
  }
  if (!view.isShown) return;
  const { event } = entry;
  const names = [...Object.keys(titles).filter((name) => name in event), ...Object.keys(event).filter((name) => !(name in titles))]
    .filter((name) => name !== "certificate");
  const result = h("section", { class: "card proof", "aria-labelledby": "proof-title", id: "proof" });
  const number = Number(place);
  view.show(`Event ${place}`,
    h("div", { class: "between" }, h("h1", {}, `Event ${place} `, badge(event.type)),
      h("span", { class: "pages" }, number > 1 ? link(`/events/${number - 1}`, "← Before", { class: "button" }) : null, link(`/events/${number + 1}`, "After →", { class: "button" }))),
    h("div", { class: "two" },
      h("section", { class: "card", "aria-labelledby": "fields-title" }, h("h2", { id: "fields-title" }, "Fields"),
        list(names.map((name) => [titles[name] ?? name, value(name, event[name])]))),
      h("div", { class: "stack" }, result, entry.certificate ? certificate(entry.certificate) : null)),
    h("section", { class: "card", "aria-labelledby": "line-title" }, h("h2", { id: "line-title" }, "The line as it stands in the log"),
      h("pre", { class: "line", tabindex: 0 }, entry.line)));
  await prove(view, entry, result);
}

function certificate(cert) {
  const rows = [["Subject", cert.subject || "(empty)"], ["Issuer", cert.issuer], ["Serial", cert.serial], ["Valid from", moment(cert.notBefore)], ["Valid to", moment(cert.notAfter)],
    ["Names", value("names", cert.names ?? [])], ["Key", cert.keyAlgorithm], ["Fingerprint (SHA-256)", cert.fingerprint]];
  return h("section", { class: "card", "aria-labelledby": "certificate-title" }, h("h2", { id: "certificate-title" }, "Certificate"),
    cert.error ? h("p", { class: "problem" }, cert.error) : list(rows),
    cert.extensions?.length ? h("details", {}, h("summary", {}, `${cert.extensions.length} extensions`),
      list(cert.extensions.map((one) => [`${one.name || one.oid}${one.critical ? " (critical)" : ""}`, [h("span", { class: "muted mono" }, one.oid), " ", one.value]]))) : null);
}

async function prove(view, entry, place) {
  const title = h("h2", { id: "proof-title" }, "Proof of inclusion");
  const steps = h("ol", { class: "steps" });
  place.replaceChildren(title, h("p", { class: "muted", role: "status" }, "Fetching the proof, and verifying it in this browser…"), steps);
  const again = h("button", { type: "button", onclick: () => prove(view, entry, place) }, "Verify again");
  const verdict = (tone, text, ...rest) => {
    if (view.isShown) place.replaceChildren(title, h("p", { class: `verdict ${tone}`, role: "status" }, text), ...rest.filter(Boolean), h("p", { class: "tools" }, again));
  };
  let status, proof;
  try {
    status = await api.status();
    if (!status.log?.key) { verdict("wait", "Not proven: the auditor does not tell the log's key."); return; }
    proof = await api.proof(entry.place);
  } catch (error) {
    if (error.status === 401) { view.fail(error); return; }
    verdict("wait", `Not proven: the proof could not be fetched. ${error.message}`);
    return;
  }
  const told = { log: status.log.key, witness: status.witness?.key ?? null };
  const kept = pinned();
  const retry = (keys) => () => { if (pin(keys)) prove(view, entry, place); };
  const warnings = [
    ...["log", "witness"].filter((owner) => kept[owner] && told[owner] && kept[owner] !== told[owner]).map((owner) => changed(owner, kept, told, retry)),
    status.witness?.alarm ? h("div", { class: "verdict bad", role: "alert" }, h("p", {}, h("b", {}, "The witness does not agree with this log. "), status.witness.alarm)) : null,
  ];
  // A key that is kept is the one that counts: what the auditor says today may not replace it.
  const keys = { log: kept.log ?? told.log, witness: kept.witness ?? told.witness };
  try {
    const tree = await verify({ line: entry.line, proof, place: entry.place, key: keys.log, witness: keys.witness }, (name, text) =>
      steps.append(h("li", {}, h("b", {}, name), h("span", { class: "mono" }, text))));
    verdict("good", "Verified: the log has this event at this place.", ...warnings, steps, witnessed(tree, keys.witness, status.witness),
      h("p", {}, `Proven: exactly the line below is entry ${entry.place} of the ${tree.size} that the log's key has signed as «${tree.origin}».`),
      h("p", {}, "Not proven: that the line tells the truth, or that the certificate shown was decoded rightly.",
        tree.others.length ? ` The checkpoint also names ${tree.others.join(", ")}, whose signatures were not checked here.` : null),
      ...trust(keys, told, kept, retry));
  } catch (error) {
    const unable = error.unable === true;
    verdict(unable ? "wait" : "bad",
      unable ? `Not checked. ${error.message}` : `FAILED: it is not proven that the log has this event. ${error.message}`, ...warnings,
      steps.childElementCount ? steps : null,
      unable ? null : h("p", {}, "Keep a copy of this page's data, do not trust this entry, and keep a copy of the auditor's store."));
  }
}

function changed(owner, kept, told, retry) {
  return h("div", { class: "verdict bad", role: "alert" },
    h("p", {}, h("b", {}, `The ${owner}'s key is not the one that this browser keeps.`), " Somebody may serve you another log. Ask the auditor's operator, over another way, whether the key was changed."),
    h("p", { class: "mono" }, `kept: ${kept[owner]}`), h("p", { class: "mono" }, `now: ${told[owner]}`),
    h("p", {}, h("button", { type: "button", onclick: retry({ ...kept, [owner]: null }) }, "Forget the kept key")));
}

/** What the witness's cosignature says, or why there is none. */
function witnessed(tree, key, state) {
  if (tree.cosigned) {
    return h("p", { id: "witnessed" }, badge("witnessed", "good"), " The signer, which is the log's witness, has cosigned this very tree, and says: all that it saw of the log before is in it, unchanged. Who is shown another log with its cosignature is deceived by both.");
  }
  const reason = !key ? "The auditor names no witness: this checkpoint rests on the log's key alone, and others may be shown another log."
    : state?.alarm ? "The witness has not cosigned this checkpoint: see the alarm."
    : "The witness has not cosigned a tree with this event yet. Others may be shown another log until it has.";
  return h("p", { id: "witnessed" }, badge("not witnessed", "wait"), ` ${reason}`);
}

/** Where the keys come from, and how to keep them. */
function trust(keys, told, kept, retry) {
  const shown = h("div", {}, h("p", { class: "mono", id: "log-key" }, keys.log), keys.witness ? h("p", { class: "mono", id: "witness-key" }, keys.witness) : null);
  const isKept = kept.log !== null && (kept.witness !== null || !told.witness);
  if (isKept) {
    return [h("p", {}, "Log and witness are judged by the keys that this browser keeps."), shown,
      h("p", {}, h("button", { type: "button", id: "unpin", onclick: retry({ log: null, witness: null }) }, "Forget them"))];
  }
  return [h("p", {}, "The keys came from this same auditor: compare them with what ", h("code", {}, "estuary audit key"), " and ", h("code", {}, "estuary audit key --witness"), " print on the cluster's own machines, then keep them."), shown,
    h("p", {}, h("button", { type: "button", id: "pin", onclick: retry(keys) }, "Keep these keys in this browser"))];
}
