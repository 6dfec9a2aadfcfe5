// Coverage: a heatmap of cities by categories, and small multiples over the years. A cell is a link to its measures;
// one cell is a tab stop, the arrow keys go on from there.
async function showCoverage(host, params) {
  const c = await part("coverage");
  host.append(element("h2", { tabindex: "-1" }, say("coverage")), element("p", {}, say("coverageNote")));
  if (!c.city.length) return host.append(note(say("nothing")));
  const state = { year: "", value: "share", order: "tree", column: null, filter: "", ...Object.fromEntries(params) };
  const years = [...new Set(c.year)].sort((a, b) => (a ?? 9999) - (b ?? 9999));
  const grid = element("div", { class: "scroll", tabindex: "-1" });
  const legend = element("div");
  const set = (change) => {
    Object.assign(state, change);
    if (state.value === "corrected" && state.year === "") state.year = String(years.filter((year) => year !== null).at(-1) ?? "none");
    drawCoverage(grid, legend, c, state, set);
    draw();
  };
  const controls = element("div", { class: "choices" });
  const draw = () => controls.replaceChildren(
    choice(say("year"), [["", say("allYears")], ...years.map((year) => [year ?? "none", yearName(year)])], state.year, (year) => set({ year })),
    choice(say("value"), [["share", say("share")], ["count", say("count")], ["figures", say("withFigures")], ...(core.corrected ? [["corrected", say("corrected")]] : [])], state.value, (value) => set({ value })),
    choice(say("order"), [["tree", say("orderTree")], ["name", say("orderName")], ["total", say("orderTotal")]], state.order, (order) => set({ order, column: null })));
  const input = element("input", { type: "search", input: (event) => set({ filter: event.target.value }) });
  host.append(element("div", { class: "controls" }, controls, element("label", {}, `${say("filter")} `, input)), legend, grid);
  if (!core.corrected) host.append(note(say("noCorrected")));
  set({});
  host.append(element("h3", {}, say("overYears")));
  if (core.years.length < 2) return host.append(note(say("oneYear")));
  const multiples = element("div");
  const pick = (city) => {
    forgetCharts();
    multiples.replaceChildren();
    return drawYears(multiples, c, city);
  };
  host.append(element("p", { class: "controls" }, choice(say("city"), cityOptions(), core.order[0], pick)), note(say("overYearsNote", core.small)), multiples);
  await pick(core.order[0]);
}

// One row a city: the cell of each category, of one year or of all.
function coverageRows(c, year) {
  const rows = new Map();
  c.city.forEach((name, i) => {
    if (year !== "" && String(c.year[i] ?? "none") !== year) return;
    if (!rows.has(name)) rows.set(name, { city: name, total: 0, cells: new Map() });
    const row = rows.get(name);
    row.total += c.measures[i];
    const cell = row.cells.get(c.category[i]) ?? { k: 0, figures: 0, at: i };
    cell.k += c.measures[i];
    cell.figures += c.with_target[i];
    row.cells.set(c.category[i], cell);
  });
  return [...rows.values()];
}

function drawCoverage(host, legend, c, state, set) {
  const rank = new Intl.Collator("zh");
  const codes = core.categories.map(([code]) => code);
  const worth = (row, code) => {
    const cell = row.cells.get(code);
    if (!cell) return 0;
    if (state.value === "count") return cell.k;
    if (state.value === "figures") return cell.k ? cell.figures / cell.k : 0;
    if (state.value === "corrected") return c.corrected[cell.at] ?? 0;
    return row.total ? cell.k / row.total : 0;
  };
  const rows = coverageRows(c, state.year).filter((row) => row.city.includes(state.filter));
  const place = (row) => placeOf.get(row.city);
  const sorts = { tree: (a, b) => place(a) - place(b), name: (a, b) => rank.compare(a.city, b.city), total: (a, b) => b.total - a.total };
  rows.sort(state.column ? (a, b) => worth(b, state.column) - worth(a, state.column) : sorts[state.order]);
  const counts = rows.flatMap((row) => codes.map((code) => worth(row, code))).filter(Boolean).sort((a, b) => a - b);
  const reach = counts[Math.floor(counts.length * 0.8)] ?? 1;
  const bounds = state.value === "count" ? [1, 2, 3, 4, 5].map((k) => Math.max(k, Math.round((k * reach) / 5))) : state.value === "figures" ? [0.2, 0.4, 0.5, 0.6, 0.8] : c.bounds;
  const write = state.value === "count" ? String : (x) => `${+(x * 100).toFixed(1)}%`;
  legend.replaceChildren(scaleLegend(bounds, write, say("zero")));
  const table = element("table", { class: "grid coverage", role: "grid", "aria-label": say("coverageCaption") });
  const sorter = (code) => element("th", { scope: "col", "aria-sort": state.column === code ? "descending" : null },
    element("button", { type: "button", tabindex: "-1", click: () => set({ column: state.column === code ? null : code }) }, categoryName(code), state.column === code ? " ↓" : ""));
  const head = element("tr", {}, element("th", { scope: "col", class: "head stick" }, say("city")), element("th", { scope: "col" }, say("total")), ...codes.map(sorter));
  const body = element("tbody");
  const year = state.year === "" ? {} : { year: state.year === "none" ? "" : state.year };
  for (const row of rows) {
    const line = element("tr", {}, element("th", { scope: "row", class: "stick" }, quoted(row.city)),
      element("td", { class: "total" }, element("a", { href: route("measures", { city: row.city, ...year }), tabindex: "-1" }, integer(row.total))));
    for (const code of codes) {
      const cell = row.cells.get(code) ?? { k: 0, figures: 0 };
      const value = worth(row, code);
      const few = (state.value === "figures" ? cell.k : row.total) < core.small;
      const text = state.value === "count" ? integer(value) : cell.k ? percent(value) : "0";
      const under = state.value === "figures" ? `${cell.figures}/${cell.k}` : state.value === "count" ? "" : `${integer(cell.k)}/${integer(row.total)}`;
      const [low, high] = state.value === "corrected" ? ["corrected_low", "corrected_high"] : ["share_low", "share_high"];
      const interval = state.year !== "" && cell.at !== undefined && c[low][cell.at] !== null ? `; ${say("interval", percent(c[low][cell.at]), percent(c[high][cell.at]))}` : "";
      const label = `${text}, ${row.city} ${state.year === "" ? "" : yearName(year.year)} ${categoryName(code)}: ${say("cell", { share: text, k: cell.k, n: row.total })}${interval}`;
      line.append(element("td", { class: `cell ${look(value, bounds, few)}` }, element("a", { href: route("measures", { city: row.city, ...year, category: code }), "aria-label": label, tabindex: "-1" },
        element("b", {}, text), cell.k && under ? element("small", {}, under) : null)));
    }
    body.append(line);
  }
  table.append(element("thead", {}, head), body);
  host.replaceChildren(table);
  roving(table);
}

// Small multiples: a panel a category, a line a city, the chosen one bold.
function drawYears(host, c, chosen) {
  const totals = new Map();
  c.city.forEach((name, i) => totals.set(`${name}|${c.year[i]}`, (totals.get(`${name}|${c.year[i]}`) ?? 0) + c.measures[i]));
  const lines = new Map(); // category -> city -> [[year, share]]
  let top = 0;
  c.city.forEach((name, i) => {
    if (c.year[i] === null || totals.get(`${name}|${c.year[i]}`) < core.small) return;
    if (!lines.has(c.category[i])) lines.set(c.category[i], new Map());
    const own = lines.get(c.category[i]);
    if (!own.has(name)) own.set(name, []);
    own.get(name).push([String(c.year[i]), c.share[i] ?? 0]);
    top = Math.max(top, c.share[i] ?? 0);
  });
  const codes = core.categories.map(([code]) => code).filter((code) => lines.has(code));
  const ceiling = Math.ceil(top * 20) / 20 || 1;
  const columns = (width) => (width < 560 ? 2 : 4);
  const rows = Math.ceil(codes.length / columns(document.documentElement.clientWidth - 48));
  return chart(host, rows * 150 + 10, `${say("yearsLabel")}: ${chosen}`, (width) => {
    const across = columns(width);
    const wide = width / across;
    const grids = codes.map((_, k) => ({ left: (k % across) * wide + 38, top: Math.floor(k / across) * 150 + 30, width: wide - 56, height: 84 }));
    return {
      title: codes.map((code, k) => ({ text: categoryName(code), left: grids[k].left - 34, top: grids[k].top - 28, textStyle: { fontSize: 12, fontWeight: 500, color: colour("ink") } })),
      grid: grids,
      xAxis: codes.map((_, k) => axis({ gridIndex: k, type: "category", data: core.years.map(String), boundaryGap: false, splitLine: { show: false } })),
      yAxis: codes.map((_, k) => axis({ gridIndex: k, type: "value", min: 0, max: ceiling, interval: ceiling / 2, axisLine: { show: false }, axisLabel: { color: colour("muted"), fontSize: 10, formatter: (x) => `${+(x * 100).toFixed(1)}%` } })),
      tooltip: { trigger: "item", formatter: ({ name, data, value }) => `${data.name ?? name} ${value[0]}: ${percent(value[1])}` },
      series: codes.flatMap((code, k) => { // all other cities are one line with gaps: forty by twelve lines are slow
        const points = (name) => lines.get(code).get(name).sort(([a], [b]) => a.localeCompare(b)).map((value) => ({ name, value }));
        const others = [...lines.get(code).keys()].filter((name) => name !== chosen).flatMap((name) => [...points(name), { name, value: [null, null] }]);
        const line = (data, ink, width) => ({ type: "line", data, xAxisIndex: k, yAxisIndex: k, symbol: "circle", symbolSize: width + 2, z: width, lineStyle: { color: colour(ink), width }, itemStyle: { color: colour(ink) } });
        return [line(others, "line", 1), ...(lines.get(code).has(chosen) ? [line(points(chosen), "c0", 3)] : [])];
      }),
    };
  });
}

// One tab stop for a grid; arrows, Home and End move within it.
function roving(table) {
  const lines = [...table.tBodies[0].rows].map((line) => [...line.cells].filter((box) => box.tagName === "TD").map((box) => box.querySelector("a")));
  const first = table.querySelector("tbody td a");
  if (first) first.tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const r = lines.findIndex((line) => line.includes(document.activeElement));
    if (r < 0) return;
    const k = lines[r].indexOf(document.activeElement);
    const next = { ArrowRight: lines[r][k + 1], ArrowLeft: lines[r][k - 1], ArrowDown: lines[r + 1]?.[k], ArrowUp: lines[r - 1]?.[k], Home: lines[r][0], End: lines[r].at(-1) };
    if (!(event.key in next)) return;
    event.preventDefault();
    if (!next[event.key]) return;
    document.activeElement.tabIndex = -1;
    next[event.key].tabIndex = 0;
    next[event.key].focus();
  });
}
