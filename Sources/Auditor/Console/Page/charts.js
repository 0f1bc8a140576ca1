// Small charts: stacked columns over time, to be read with the eyes, the pointer, the arrow keys or as a table.
import { h, s, count } from "/console/dom.js";

const [height, left, right, top, bottom] = [210, 44, 8, 10, 26];

/** The next round number that leaves 2 to 5 steps. */
function ticks(most) {
  const rough = Math.max(1, most) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].find((factor) => factor * power >= rough) * power);
  return Array.from({ length: Math.ceil(Math.max(1, most) / step) + 1 }, (_, index) => index * step);
}

const lengths = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Every bucket from `since` to `until`: the auditor leaves out those without events. */
export function wholeBuckets(buckets, interval, since, until) {
  const length = lengths[interval];
  const known = new Map(buckets.map((bucket) => [Date.parse(bucket.start), bucket.counts]));
  const all = [];
  for (let start = Math.floor(since / length) * length; start < until && all.length < 1500; start += length) {
    all.push({ start, counts: known.get(start) ?? {} });
  }
  return all;
}

function label(start, interval) {
  const iso = new Date(start).toISOString();
  return interval === "day" ? iso.slice(0, 10) : `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
}

/**
 * `series`: [{key, title, tone, isRare}], the lowest first; those that are rare are left out where there is none.
 * `width` is that of the place where it comes to stand, in pixels, so that its words are as large as all others.
 */
export function columns({ title, buckets, interval, series: all, width }) {
  const series = all.filter(({ key, isRare }) => !isRare || buckets.some(({ counts }) => counts[key] > 0));
  const values = buckets.map(({ counts }) => series.map(({ key }) => counts[key] ?? 0));
  const totals = series.map((_, index) => values.reduce((sum, row) => sum + row[index], 0));
  const marks = ticks(Math.max(0, ...values.map((row) => row.reduce((sum, value) => sum + value, 0))));
  const [innerWidth, innerHeight] = [width - left - right, height - top - bottom];
  const step = innerWidth / Math.max(1, buckets.length);
  const y = (value) => top + innerHeight * (1 - value / marks.at(-1));
  const cursor = s("rect", { class: "cursor", y: top, height: innerHeight, width: Math.max(step, 1.5), visibility: "hidden" });
  const readout = h("output", { class: "readout", "aria-live": "polite" });
  const rest = `${title}: ${series.map(({ title: name }, index) => `${name} ${count(totals[index])}`).join(", ")}. Arrow keys read single values.`;
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", tabindex: 0, role: "img", "aria-label": rest }, cursor);
  for (const mark of marks) {
    svg.append(s("line", { class: "grid", x1: left, x2: width - right, y1: y(mark), y2: y(mark) }),
      s("text", { class: "tick", x: left - 6, y: y(mark) + 3.5, "text-anchor": "end" }, mark >= 10_000 ? `${mark / 1000}k` : mark));
  }
  const every = Math.max(1, Math.ceil(buckets.length / Math.max(1, Math.floor(innerWidth / 92))));
  buckets.forEach(({ start }, index) => {
    if (index % every === 0 && left + index * step < width - (interval === "hour" ? 68 : 34)) {
      const text = label(start, interval);
      svg.append(s("text", { class: "tick", x: left + index * step, y: height - 8 }, interval === "minute" ? text.slice(6) : interval === "day" ? text.slice(5) : text));
    }
    let base = 0;
    values[index].forEach((value, number) => {
      if (value > 0) {
        svg.append(s("rect", {
          class: series[number].tone, x: left + index * step + (step > 4 ? 0.75 : 0), width: Math.max(1, step - (step > 4 ? 1.5 : 0)),
          y: y(base + value), height: Math.max(0.75, y(base) - y(base + value)),
        }));
      }
      base += value;
    });
  });
  if (!totals.some((total) => total > 0)) {
    svg.append(s("text", { class: "tick", x: left + innerWidth / 2, y: top + innerHeight / 2, "text-anchor": "middle" }, "None in this time."));
  }
  let chosen = -1;
  const choose = (index) => {
    chosen = Math.min(buckets.length - 1, Math.max(-1, index));
    cursor.setAttribute("visibility", chosen < 0 ? "hidden" : "visible");
    if (chosen < 0) { readout.textContent = `${label(buckets[0]?.start ?? 0, interval)} to now, UTC`; return; }
    cursor.setAttribute("x", left + chosen * step);
    readout.textContent = `${label(buckets[chosen].start, interval)} UTC: ` +
      series.map(({ title: name }, number) => `${name} ${count(values[chosen][number])}`).join(" · ");
  };
  choose(-1);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * width - left;
    choose(x < 0 ? -1 : Math.floor(x / step));
  });
  svg.addEventListener("pointerleave", () => choose(-1));
  svg.addEventListener("blur", () => choose(-1));
  svg.addEventListener("keydown", (event) => {
    const next = { ArrowLeft: chosen < 0 ? buckets.length - 1 : Math.max(0, chosen - 1), ArrowRight: chosen + 1, Home: 0, End: buckets.length - 1, Escape: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
  });
  return h("figure", { class: "figure" },
    h("ul", { class: "legend" }, series.map(({ title: name, tone }, index) =>
      h("li", {}, s("svg", { viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true" }, s("rect", { class: tone, width: 10, height: 10, rx: 2 })),
        ` ${name} `, h("b", {}, count(totals[index]))))),
    svg, readout,
    h("details", {}, h("summary", {}, "As a table"),
      h("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": `${title}, as a table` }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Beginning (UTC)"), series.map(({ title: name }) => h("th", { scope: "col", class: "n" }, name)))),
        h("tbody", {}, buckets.map(({ start }, index) => ({ start, row: values[index] })).filter(({ row }) => row.some((value) => value > 0)).reverse().slice(0, 200)
          .map(({ start, row }) => h("tr", {}, h("th", { scope: "row" }, label(start, interval)), row.map((value) => h("td", { class: "n" }, count(value))))))))));
}

/** Names with bars, the longest first. `rows`: [{name, value, text, path}]; `caption` says what the numbers are. */
export function bars(rows, empty, caption, most = 10) {
  if (!rows.length) return h("p", { class: "muted" }, empty);
  const sorted = rows.toSorted((one, other) => other.value - one.value);
  const longest = Math.max(...sorted.map((row) => row.value), 1e-9);
  return h("table", { class: "bars" }, h("caption", {}, caption), h("tbody", {}, sorted.slice(0, most).map((row) => h("tr", {},
    h("th", { scope: "row" }, row.path ? h("a", { href: `#${row.path}` }, row.name) : row.name),
    h("td", {}, s("svg", { class: "bar-line", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
      s("rect", { class: row.tone ?? "series-0", width: Math.max(1, (100 * row.value) / longest), height: 8, rx: 1 }))),
    h("td", { class: "n" }, row.text)))),
    sorted.length > most ? h("tfoot", {}, h("tr", {}, h("td", { colspan: 3, class: "muted" }, `and ${sorted.length - most} more`))) : null);
}
