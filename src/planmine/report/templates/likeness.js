// Likeness: the matrix of cities in dendrogram order with its clusters, and the table of pairs.
const similarityOf = (category) => part(`similarity-${category === "all" ? "all" : core.categories.findIndex(([code]) => code === category)}`);

async function showLikeness(host, params) {
  const category = params.get("category") ?? "all";
  const variant = core.variants.includes(params.get("variant")) ? params.get("variant") : "similarity";
  host.append(element("h2", { tabindex: "-1" }, say("likeness")), element("p", {}, say("likenessNote")));
  if (core.order.length < 2 || !core.counts.similarity) return host.append(note(say("nothing")));
  const s = await similarityOf(category);
  const go = (change) => { location.hash = route("likeness", { category, variant, ...change }).slice(1); };
  const codes = ["all", ...core.categories.map(([code]) => code)];
  host.append(element("div", { class: "controls" },
    choice(say("category"), codes.map((code) => [code, categoryName(code)]), category, (code) => go({ category: code })),
    choice(say("measure"), (core.variants.length ? core.variants : ["similarity"]).map((name) => [name, say(name)]), variant, (name) => go({ variant: name }))));
  host.append(note(say("variantNote")[variant]));
  const bounds = s.bounds[variant];
  host.append(scaleLegend(bounds, (x) => String(+x.toFixed(3)), say("noMatch")));
  const matrix = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say("matrixLabel") });
  const beside = element("div", { class: "beside" });
  host.append(element("div", { class: "picture" }, matrix, beside));
  await drawMatrix(matrix, s, variant, bounds, category);
  const pick = { a: core.order[0], b: core.order[1] };
  beside.append(element("h3", {}, say("pick")), element("div", { class: "controls" },
    choice(say("firstCity"), cityOptions(), pick.a, (name) => { pick.a = name; }), choice(say("secondCity"), cityOptions(), pick.b, (name) => { pick.b = name; }),
    element("button", { type: "button", class: "act", click: () => { location.hash = route("pair", { ...pick, category }).slice(1); } }, say("compare"))));
  drawClusters(beside);
  host.append(element("h3", {}, say("pairs")));
  const range = (row) => (row.low === null ? "–" : `${decimal(row.low)}–${decimal(row.high)}`);
  const extra = core.variants.filter((name) => name !== "similarity").map((name) => ({ id: name, name: say(name), number: true, value: (row) => row[name], show: (row) => decimal(row[name]) }));
  host.append(table(records(s).filter((row) => row.similarity !== null), [
    { id: "pair", name: say("pair"), value: (row) => `${row.city_a} – ${row.city_b}`, show: (row) => link(route("pair", { a: row.city_a, b: row.city_b, category }), quoted(row.city_a), " – ", quoted(row.city_b)) },
    { id: "similarity", name: say("sim"), number: true, value: (row) => row.similarity, show: (row) => decimal(row.similarity) },
    { id: "low", name: say("low"), number: true, value: (row) => row.low, show: range },
    ...extra,
    { id: "n", name: say("measuresBoth"), number: true, value: (row) => Math.min(row.measures_a, row.measures_b), show: (row) => `${integer(row.measures_a)}, ${integer(row.measures_b)}` },
    { id: "first", name: say("first"), number: true, value: (row) => row.a_covered_by_b, show: (row) => percent(row.a_covered_by_b) },
    { id: "second", name: say("second"), number: true, value: (row) => row.b_covered_by_a, show: (row) => percent(row.b_covered_by_a) },
    { id: "profile", name: say("profile"), number: true, value: (row) => row.profile_similarity, show: (row) => decimal(row.profile_similarity) },
    { id: "reuse", name: say("reuse"), number: true, value: (row) => row.reuse_share, show: (row) => percent(row.reuse_share) },
  ], { caption: say("pairs"), sort: variant === "similarity" ? "similarity" : variant, filter: true, size: 20 }));
}

function drawMatrix(host, s, variant, bounds, category) {
  const n = core.order.length;
  const steps = [...bounds.keys(), bounds.length].map((k) => colour(`q${k}`));
  const items = [];
  s.city_a.forEach((a, i) => {
    const [x, y, value] = [placeOf.get(a), placeOf.get(s.city_b[i]), s[variant][i]];
    if (value === null) return;
    const few = Math.min(s.measures_a[i], s.measures_b[i]) < core.small;
    const fill = few ? colour("grey") : value < 0 ? colour("below") : value === 0 ? colour("paper") : steps[bounds.filter((bound) => value >= bound).length];
    const border = value === 0 && !few ? { borderColor: colour("hatch"), borderWidth: 1 } : {};
    for (const at of [[x, y], [y, x]]) items.push({ value: [...at, value, i], visualMap: false, itemStyle: { color: fill, ...border } });
  });
  const longest = Math.max(...core.order.map((name) => name.length)) * 12 + 14;
  const roomFor = document.documentElement.clientWidth > 720 ? 1160 : document.documentElement.clientWidth - 40;
  const cell = Math.max(n > 80 ? 5 : 14, Math.min(40, Math.floor((roomFor - longest) / n)));
  const label = cell >= 11;
  const edge = label ? longest : 10;
  const size = cell * n;
  const box = element("div", { class: "matrix" });
  box.style.width = `${edge + size + 12}px`;
  host.append(box);
  return chart(box, edge + size + 12, say("matrixLabel"), () => ({
    grid: [{ left: edge, top: edge, width: size, height: size }, { left: edge, top: edge, width: size, height: size }],
    xAxis: [axis({ type: "category", data: core.order, position: "top", axisLine: { show: false }, axisLabel: { show: label, rotate: 90, interval: 0, color: colour("ink"), fontSize: 12 }, splitLine: { show: false } }),
      { gridIndex: 1, type: "value", min: 0, max: n, show: false }],
    yAxis: [axis({ type: "category", data: core.order, inverse: true, axisLine: { show: false }, axisLabel: { show: label, interval: 0, color: colour("ink"), fontSize: 12 }, splitLine: { show: false } }),
      { gridIndex: 1, type: "value", min: 0, max: n, inverse: true, show: false }],
    visualMap: { show: false, type: "piecewise", pieces: [{ gte: -9 }], seriesIndex: 0 },
    tooltip: { formatter: ({ value }) => pairWords(s, value[3], variant) },
    series: [{ type: "heatmap", data: items, progressive: 4000, label: { show: cell >= 30, formatter: ({ value }) => decimal(value[2]), fontSize: 10 }, itemStyle: { borderColor: colour("paper"), borderWidth: cell > 12 ? 1 : 0 }, emphasis: { itemStyle: { borderColor: colour("ink"), borderWidth: 2 } } },
      ...frames().map(([from, to]) => ({ type: "line", xAxisIndex: 1, yAxisIndex: 1, silent: true, symbol: "none", data: [[from, from], [to, from], [to, to], [from, to], [from, from]], lineStyle: { color: colour("c1"), width: 2 } }))],
  })).then((own) => own.on("click", ({ value }) => {
    if (value?.[3] !== undefined) location.hash = route("pair", { a: core.order[value[1]], b: core.order[value[0]], category }).slice(1);
  }));
}
const pairWords = (s, i, variant) => {
  const interval = s.low[i] === null || variant !== "similarity" ? "" : `, ${say("interval", decimal(s.low[i]), decimal(s.high[i]))}`;
  return `${s.city_a[i]} – ${s.city_b[i]}\n${say(variant)}: ${decimal(s[variant][i])}${interval}\nn = ${integer(s.measures_a[i])}, ${integer(s.measures_b[i])}`;
};
// Runs of two or more neighbours of one cluster, as [from, to) in the order.
function frames() {
  const cluster = new Map(core.clusters.city.map((name, i) => [name, core.clusters.cluster[i]]));
  const runs = [];
  for (let from = 0, at = 1; at <= core.order.length; at++) {
    if (at < core.order.length && cluster.get(core.order[at]) === cluster.get(core.order[from])) continue;
    if (at - from > 1 && cluster.has(core.order[from])) runs.push([from, at]);
    from = at;
  }
  return runs;
}
function drawClusters(host) {
  const c = core.clusters;
  host.append(element("h3", {}, say("clusters")));
  if (!c.city.length) return host.append(note(say("noClusters")));
  const groups = new Map();
  c.city.forEach((name, i) => groups.set(c.cluster[i], [...(groups.get(c.cluster[i]) ?? []), i]));
  const list = element("dl", { class: "clusters" });
  [...groups].forEach(([, members], k) => {
    const stable = members.map((i) => c.stability[i]).filter((x) => x !== null);
    const mean = stable.length ? `, ${say("stability")} ${decimal(stable.reduce((a, b) => a + b, 0) / stable.length)}` : "";
    list.append(element("div", {}, element("dt", {}, `${say("cluster", k + 1)} (${members.length}${mean})`), element("dd", {}, ...members.flatMap((i, j) => [j ? (lang === "zh" ? "、" : ", ") : "", quoted(c.city[i])]))));
  });
  host.append(list);
}
