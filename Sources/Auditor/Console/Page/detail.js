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
  let key, proof;
  try {
    key = (await api.status()).log?.key;
    if (!key) { verdict("wait", "Not proven: the auditor does not tell the log's key."); return; }
    proof = await api.proof(entry.place);
  } catch (error) {
    if (error.status === 401) { view.fail(error); return; }
    verdict("wait", `Not proven: the proof could not be fetched. ${error.message}`);
    return;
  }
  const kept = pinned();
  const changed = kept !== null && kept !== key;
  const warning = changed ? h("div", { class: "verdict bad", role: "alert" },
    h("p", {}, h("b", {}, "The log's key is not the one that this browser keeps."), " Somebody may serve you another log. Ask the auditor's operator, over another way, whether the key was changed."),
    h("p", { class: "mono" }, `kept: ${kept}`), h("p", { class: "mono" }, `now: ${key}`),
    h("p", {}, h("button", { type: "button", onclick: () => { pin(null); prove(view, entry, place); } }, "Forget the kept key"))) : null;
  try {
    // A key that is kept is the one that counts: what the auditor says today may not replace it.
    const tree = await verify({ line: entry.line, proof, place: entry.place, key: kept ?? key }, (name, text) =>
      steps.append(h("li", {}, h("b", {}, name), h("span", { class: "mono" }, text))));
    const trust = kept === null
      ? [h("p", {}, "The key came from this same auditor: compare it with what ", h("code", {}, "estuary audit key"), " prints on its machine, then keep it."),
        h("p", { class: "mono", id: "log-key" }, key),
        h("p", {}, h("button", { type: "button", id: "pin", onclick: () => { if (pin(key)) prove(view, entry, place); } }, "Keep this key in this browser"))]
      : [h("p", {}, "The key is the one that this browser keeps."), h("p", { class: "mono", id: "log-key" }, kept),
        h("p", {}, h("button", { type: "button", id: "unpin", onclick: () => { pin(null); prove(view, entry, place); } }, "Forget it"))];
    verdict("good", "Verified: the log has this event at this place.", warning, steps,
      h("p", {}, `Proven: exactly the line below is entry ${entry.place} of the ${tree.size} that the log's key has signed as «${tree.origin}».`),
      h("p", {}, "Not proven: that the line tells the truth, that the certificate shown was decoded rightly, or that everybody is shown the same log",
        tree.others.length ? `; the checkpoint also names ${tree.others.join(", ")}, whose signatures were not checked here.` : ": for that, compare checkpoints that others were shown."),
      ...trust);
  } catch (error) {
    const unable = error.unable === true;
    verdict(unable ? "wait" : "bad",
      unable ? `Not checked. ${error.message}` : `FAILED: it is not proven that the log has this event. ${error.message}`, warning,
      steps.childElementCount ? steps : null,
      unable ? null : h("p", {}, "Keep a copy of this page's data, do not trust this entry, and keep a copy of the auditor's store."));
  }
}
