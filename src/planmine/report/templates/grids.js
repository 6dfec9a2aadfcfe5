// The two heatmaps and the table of pairs. A cell is a link to its evidence; one cell is a tab stop, the
// arrow keys go on from there.
function scaleLegend(host, bounds, write, zero) {
  const steps = element("span", { class: "steps" });
  for (let i = 0; i <= bounds.length; i++) {
    const text = i === 0 ? `<${write(bounds[0])}` : i === bounds.length ? `≥${write(bounds[i - 1])}` : `${write(bounds[i - 1])}–${write(bounds[i])}`;
    steps.append(element("span", { class: `q${i}` }, text));
  }
  const key = (kind, mark, text) => element("span", { class: "key" }, element("i", { class: kind }, mark), text);
  host.replaceChildren(steps, key("zero", "0", zero), key("few", "", say("few", data.small)));
}

const cell = (kind, href, label, ...content) =>
  element("td", { class: `cell ${kind}` }, element("a", { href, "aria-label": label, tabindex: "-1" }, ...content));

function drawCoverage() {
  const host = document.getElementById("coverage-grid");
  const c = data.coverage;
  if (!c.city.length) return host.replaceChildren(element("p", { class: "note" }, say("nothing")));
  const bounds = data.scales.coverage;
  scaleLegend(document.getElementById("coverage-legend"), bounds, (x) => `${+(x * 100).toFixed(1)}%`, say("zero"));
  const rows = new Map(); // city -> year -> category -> row number
  c.city.forEach((city, i) => {
    if (!rows.has(city)) rows.set(city, new Map());
    const years = rows.get(city);
    if (!years.has(c.year[i])) years.set(c.year[i], new Map());
    years.get(c.year[i]).set(c.category[i], i);
  });
  const table = element("table", { class: "grid coverage", role: "grid", "aria-label": say("coverageCaption") });
  const head = element("tr", {}, element("th", { scope: "col", class: "head stick" }, say("city")),
    element("th", { scope: "col", class: "head" }, say("year")), element("th", { scope: "col" }, say("total")));
  for (const [code] of data.categories) head.append(element("th", { scope: "col" }, categoryName(code)));
  const body = element("tbody");
  for (const city of data.order.filter((name) => rows.has(name))) {
    [...rows.get(city)].forEach(([year, cells], k) => {
      const n = [...cells.values()].reduce((sum, i) => sum + c.measures[i], 0);
      const few = n < data.small;
      const line = element("tr", { class: k === 0 ? "first" : null });
      if (k === 0) line.append(element("th", { scope: "rowgroup", rowspan: rows.get(city).size, class: "stick" }, quoted(city)));
      line.append(element("th", { scope: "row", class: few ? "muted" : null }, yearName(year)));
      const params = { city, year: year === null ? "" : year };
      line.append(element("td", { class: "total" }, element("a", { href: route("measures", params), tabindex: "-1" }, integer(n))));
      for (const [code] of data.categories) {
        const i = cells.get(code);
        const k = i === undefined ? 0 : c.measures[i];
        const share = k ? c.share[i] : 0;
        const text = k ? percent(share) : "0";
        const interval = k ? `; ${say("interval", percent(c.share_low[i]), percent(c.share_high[i]))}` : "";
        const label = `${text}, ${city} ${yearName(year)} ${categoryName(code)}: ${say("cell", { share: text, k, n })}${interval}`;
        line.append(cell(look(share, bounds, few), route("measures", { ...params, category: code }), label,
          element("b", {}, text), ...(k ? [element("small", {}, integer(k))] : [])));
      }
      body.append(line);
    });
  }
  table.append(element("thead", {}, head), body);
  host.replaceChildren(table);
  roving(table);
}

// Pairs of one category: "a|b" -> row number, in both directions.
function pairsOf(category) {
  const s = data.similarity;
  const found = new Map();
  s.category.forEach((code, i) => {
    if (code !== category) return;
    found.set(JSON.stringify([s.city_a[i], s.city_b[i]]), i);
    found.set(JSON.stringify([s.city_b[i], s.city_a[i]]), i);
  });
  return found;
}

function drawSimilarity() {
  const host = document.getElementById("similarity-grid");
  const choice = document.getElementById("similarity-category");
  const category = choice.value || "all";
  choice.replaceChildren(...["all", ...data.categories.map(([code]) => code)].map((code) =>
    element("option", { value: code, selected: code === category }, categoryName(code))));
  const s = data.similarity;
  const pairs = pairsOf(category);
  if (!pairs.size) {
    document.getElementById("similarity-pairs").replaceChildren();
    return host.replaceChildren(element("p", { class: "note" }, say("nothing")));
  }
  const bounds = data.scales.similarity;
  scaleLegend(document.getElementById("similarity-legend"), bounds, (x) => String(+x.toFixed(3)), say("noMatch"));
  const table = element("table", { class: "grid matrix", role: "grid", "aria-label": `${say("matrixCaption")}, ${categoryName(category)}` });
  const head = element("tr", {}, element("th", { scope: "col", class: "head stick" }, say("city")));
  for (const city of data.order) head.append(element("th", { scope: "col" }, element("span", {}, quoted(city))));
  const body = element("tbody");
  for (const a of data.order) {
    const line = element("tr", {}, element("th", { scope: "row", class: "stick" }, quoted(a)));
    for (const b of data.order) {
      const i = pairs.get(JSON.stringify([a, b]));
      if (a === b) line.append(element("td", { class: "self" }));
      else if (i === undefined || s.similarity[i] === null) line.append(element("td", { class: "none" }, element("span", { "aria-label": say("none"), role: "img" }, "–")));
      else {
        const few = Math.min(s.measures_a[i], s.measures_b[i]) < data.small;
        line.append(cell(look(s.similarity[i], bounds, few), route("pair", { a, b, category }),
          `${decimal(s.similarity[i])}, ${say("pairTip", a, b, withInterval(i))}`, element("b", {}, decimal(s.similarity[i]))));
      }
    }
    body.append(line);
  }
  table.append(element("thead", {}, head), body);
  host.replaceChildren(table);
  roving(table);
  drawPairs(category, [...new Set(pairs.values())]);
}

const withInterval = (i) => {
  const s = data.similarity;
  const interval = s.low[i] === null ? "" : `, ${say("interval", decimal(s.low[i]), decimal(s.high[i]))}`;
  return `${say("similarity")} ${decimal(s.similarity[i])}${interval}; n = ${s.measures_a[i]}, ${s.measures_b[i]}`;
};

function drawPairs(category, rows) {
  const s = data.similarity;
  const top = rows.filter((i) => s.similarity[i] > 0).sort((i, j) => s.similarity[j] - s.similarity[i]).slice(0, 20);
  const share = (x) => (x === null ? "–" : percent(x));
  const table = element("table", { class: "list pairs" });
  table.append(element("thead", {}, element("tr", {}, ...[["pair"], ["similarity", 1], ["low", 1], ["measuresBoth", 1], ["first", 1], ["second", 1], ["profile", 1], ["reuse", 1]].map(
    ([key, number]) => element("th", { scope: "col", class: number ? "num" : null }, say(key))))));
  const body = element("tbody");
  for (const i of top) {
    const number = (text) => element("td", { class: "num" }, text);
    const href = route("pair", { a: s.city_a[i], b: s.city_b[i], category });
    const slight = Math.min(s.measures_a[i], s.measures_b[i]) < data.small;
    body.append(element("tr", { class: slight ? "slight" : null }, element("td", {}, element("a", { href }, quoted(s.city_a[i]), " – ", quoted(s.city_b[i]))),
      number(decimal(s.similarity[i])), number(s.low[i] === null ? "–" : `${decimal(s.low[i])}–${decimal(s.high[i])}`),
      number(`${s.measures_a[i]}, ${s.measures_b[i]}`), number(share(s.a_covered_by_b[i])), number(share(s.b_covered_by_a[i])),
      number(s.profile_similarity[i] === null ? "–" : decimal(s.profile_similarity[i])), number(share(s.reuse_share[i]))));
  }
  table.append(body);
  document.getElementById("similarity-pairs").replaceChildren(top.length ? table : element("p", { class: "note" }, say("noMatch")));
}

// One tab stop for a grid; arrows, Home and End move within it.
function roving(table) {
  const lines = [...table.tBodies[0].rows].map((line) => [...line.cells].filter((box) => box.tagName === "TD").map((box) => box.querySelector("a")));
  const first = table.querySelector("tbody td a");
  if (first) first.tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const r = lines.findIndex((line) => line.includes(document.activeElement));
    if (r < 0) return;
    const c = lines[r].indexOf(document.activeElement);
    const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    const links = lines[r].filter((link) => link !== null);
    const ends = { Home: links[0], End: links[links.length - 1] };
    let next = null;
    if (event.key in steps) {
      const [down, right] = steps[event.key];
      let [i, j] = [r + down, c + right];
      while (lines[i]?.[j] === null) [i, j] = [i + down, j + right]; // over cells without evidence
      next = lines[i]?.[j];
    } else if (event.key in ends) next = ends[event.key];
    if (!(event.key in steps) && !(event.key in ends)) return;
    event.preventDefault();
    if (!next) return;
    document.activeElement.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}
