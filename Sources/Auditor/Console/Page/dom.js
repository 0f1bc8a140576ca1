// Elements from data. Data is hostile: it becomes text and attribute values, never markup.

/** Makes an element: `h("td", {class: "n"}, 12)`. A property that begins with "on" is a listener; null children are left out. */
export function h(name, properties = {}, ...children) {
  return fill(document.createElement(name), properties, children);
}

/** The same for SVG. */
export function s(name, properties = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

export const byId = (id) => document.getElementById(id);

const number = new Intl.NumberFormat("en");

export const count = (value) => (typeof value === "number" ? number.format(value) : "–");

/** A time as people read it, in UTC as the log has it. */
export function moment(text) {
  const date = new Date(text);
  if (!text || isNaN(date)) return h("span", {}, text || "–");
  const iso = date.toISOString();
  return h("time", { datetime: iso, title: `${date.toLocaleString()} where you are` }, `${iso.slice(0, 10)} ${iso.slice(11, 19)}`);
}

/** How long ago or ahead: "12 s ago", "in 3 d". */
export function relative(text, now = Date.now()) {
  const time = Date.parse(text);
  if (isNaN(time)) return "–";
  const seconds = Math.abs(time - now) / 1000;
  const [value, unit] = seconds < 90 ? [seconds, "s"] : seconds < 5400 ? [seconds / 60, "min"]
    : seconds < 129600 ? [seconds / 3600, "h"] : [seconds / 86400, "d"];
  return time > now ? `in ${Math.round(value)} ${unit}` : `${Math.round(value)} ${unit} ago`;
}

const tones = {
  issued: "good", replayed: "good", approved: "good", denied: "bad", rejected: "bad", revoked: "bad", alarm: "bad",
  "configuration-refused": "bad", dropped: "bad", "sign-in-failed": "bad", pending: "wait", coalesced: "wait", "log-accepted": "wait",
};

/** An event's type, or another word: with a colour and a sign that say the same. */
export const badge = (text, tone = tones[text] ?? "plain") => h("span", { class: `badge ${tone}` }, text);

export const link = (path, text, properties = {}) => h("a", { href: `#${path}`, ...properties }, text);

/** A path of the page with the search in it. */
export function address(path, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  return query.size ? `${path}?${query}` : path;
}
