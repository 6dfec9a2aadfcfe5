// A city through the years: what became of its measures, its promises beside their results, and its precedents.
const EVEN = 0.5; // below it the change is less probable than not
const CHANGES = ["kept", "strengthened", "weakened", "dropped", "new"];

async function showChange(host, params) {
  const chosen = params.get("city") ?? core.changed[0] ?? core.order[0];
  host.append(element("h2", { tabindex: "-1" }, say("change")), element("p", {}, say("changeNote")));
  if (!core.order.length) return host.append(note(say("nothing")));
  const kind = params.get("kind") ?? "";
  const go = (change) => { location.hash = route("change", { city: chosen, ...(kind ? { kind } : {}), ...change }).slice(1); };
  host.append(element("p", { class: "controls" }, choice(say("city"), cityOptions(), chosen, (name) => go({ city: name }))));
  const own = await part(`city-${placeOf.get(chosen)}`);
  await loadCity(chosen);
  host.append(element("h3", {}, say("changesOf")));
  const changes = own.changes ? records(own.changes) : [];
  if (!changes.length) host.append(note(say("noChanges")));
  else {
    await drawChanges(host, changes);
    const count = (code) => changes.filter((row) => row.change === code).length;
    host.append(element("p", { class: "tabs" }, ...["", ...CHANGES].map((code) => element("a", { href: route("change", { city: chosen, ...(code ? { kind: code } : {}) }), "aria-current": kind === code ? "true" : null },
      `${code ? codeName("change", code) : say("any")} ${integer(code ? count(code) : changes.length)}`))));
    paged(host, changes.filter((row) => !kind || row.change === kind), (row) => element("li", { "data-change": row.change },
      element("p", { class: "joined" }, element("span", { class: "status" }, codeName("change", row.change)), `${yearName(row.year_from)} → ${yearName(row.year_to)}${row.probability === null ? "" : ` · ${say("probability")} ${row.probability.toFixed(2)}${row.probability < EVEN ? ` (${say("unsure")})` : ""}`}`, row.evidence ? " · " : "", row.evidence ? quoted(visible(row.evidence)) : ""),
      side(row.measure_from, row.measure_to)));
  }
  host.append(element("h3", {}, say("results")));
  const results = own.results ? records(own.results) : [];
  if (!results.length) host.append(note(say("noResults")));
  else {
    paged(host, results, (row) => element("li", { "data-outcome": row.outcome },
      element("p", { class: "joined" }, element("span", { class: `status ${row.outcome}` }, codeName("outcome", row.outcome)), quoted(row.indicator ?? "–"), `: ${say("promise")} ${COMPARATORS[row.comparator] ?? ""}${amount(row.promised, row.unit)} (${yearName(row.year_promised)}) → ${say("result")} ${amount(row.achieved, row.unit)} (${yearName(row.year_reported)})`,
        row.probability === null ? "" : ` · ${say("probability")} ${row.probability.toFixed(2)}`),
      side(row.measure_promised, row.measure_result)));
  }
  host.append(element("h3", {}, say("precedents")));
  if (!own.precedents) return host.append(note(say("noPrecedents")));
  const title = (row) => core.plans.title[byPlan.get(row.plan_id)] ?? row.plan_id;
  const share = (id, name) => ({ id, name, number: true, value: (row) => row[id], show: (row) => percent(row[id]) });
  host.append(note(say("precedentsNote")), table(records(own.precedents), [
    { id: "title", name: say("plan"), wide: true, value: title, show: (row) => link(route("plan", { id: row.plan_id }), quoted(title(row))) },
    { id: "year", name: say("year"), number: true, value: (row) => row.year, show: (row) => yearName(row.year) },
    { id: "measures", name: say("measures"), number: true, value: (row) => row.measures },
    share("own", say("own")), share("province", say("province")), share("peer", say("peer")), share("new", say("newShare")),
  ], { caption: say("precedents"), size: 20 }));
}
const amount = (value, unit) => (value === null ? "–" : `${number(value)}${unit ? ` ${unit}` : ""}`);
const side = (from, to) => sides(from === null ? [note(say("noMatch"))] : measure(from, { placed: false, marks: to === null ? null : markShared(m.text[to]) }),
  to === null ? [note(say("noMatch"))] : measure(to, { placed: false, marks: from === null ? null : markShared(m.text[from]) }));

function drawChanges(host, changes) {
  const spans = [...new Set(changes.map((row) => `${yearName(row.year_from)} → ${yearName(row.year_to)}`))].sort();
  const count = (span, code) => changes.filter((row) => `${yearName(row.year_from)} → ${yearName(row.year_to)}` === span && row.change === code).length;
  return chart(host, 90 + spans.length * 34, say("barsLabel"), () => ({
    grid: { left: 96, right: 24, top: 40, bottom: 30 }, legend: { top: 0, left: 0, textStyle: { color: colour("ink") } },
    xAxis: axis({ type: "value", minInterval: 1 }), yAxis: axis({ type: "category", data: spans, inverse: true, splitLine: { show: false } }), tooltip: { trigger: "axis", axisPointer: { type: "none" } },
    series: CHANGES.map((code, k) => ({ type: "bar", stack: "all", name: codeName("change", code), data: spans.map((span) => count(span, code)), itemStyle: { color: palette()[k] }, barMaxWidth: 22 })),
  }));
}
