// Themes with their adoption, and what a city's peers have and it lacks.
async function showThemes(host, params) {
  host.append(element("h2", { tabindex: "-1" }, say("themes")), element("p", {}, say("themesNote")));
  const data = await part("themes");
  if (!data.themes.theme_id.length) host.append(note(say("noThemes")));
  else {
    host.append(table(records(data.themes), [
      { id: "label", name: say("theme"), wide: true, value: (row) => row.label, show: (row) => link(route("theme", { id: row.theme_id }), quoted(row.label)) },
      { id: "category", name: say("category"), value: (row) => categoryName(row.category) },
      { id: "cities", name: say("cities"), number: true, value: (row) => row.cities },
      { id: "measures", name: say("measures"), number: true, value: (row) => row.measures },
      { id: "first", name: say("firstMover"), value: (row) => row.first_city },
      { id: "year", name: say("since"), number: true, value: (row) => row.first_year, show: (row) => yearName(row.first_year) },
    ], { caption: say("themes"), sort: "cities", filter: true, size: 20 }));
  }
  await showGaps(host, params);
}

async function showGaps(host, params) {
  host.append(element("h2", { id: "gaps", class: "second" }, say("gaps")), element("p", {}, say("gapsNote")));
  const all = records(await part("gaps"));
  const lacking = core.order.filter((name) => all.some((gap) => gap.city === name));
  const chosen = params.get("city") ?? lacking[0] ?? core.order[0];
  if (!core.order.length) return host.append(note(say("nothing")));
  host.append(element("p", { class: "controls" }, choice(say("gapsFor"), cityOptions(), chosen, (name) => { location.hash = route("themes", { city: name }).slice(1); })));
  host.append(table(all.filter((gap) => gap.city === chosen), [
    { id: "label", name: say("theme"), wide: true, value: (row) => row.label, show: (row) => link(route("theme", { id: row.theme_id }), quoted(row.label)) },
    { id: "with", name: say("peersWith"), number: true, value: (row) => row.peers_with, show: (row) => `${row.peers_with} / ${row.peers}` },
    { id: "reason", name: say("reason"), value: (row) => codeName("reason", row.reason) },
    { id: "example", name: say("example"), wide: true, value: (row) => row.said, show: (row) => example(row.example, row.said) },
  ], { caption: `${say("gaps")}: ${chosen}`, sort: "with", size: 20, empty: core.counts.gaps ? say("noGaps") : say("noThemes") }));
}

// A measure by its row number and text: a link to its place in the plan, whose part need not be there.
function example(row, said) {
  if (row === null || said === null) return said === null ? "–" : quoted(visible(said));
  return link(route("measure", { row }), quoted(visible(said.length > 80 ? `${said.slice(0, 80)}…` : said)));
}

async function showTheme(host, params) {
  const data = await part("themes");
  const theme = records(data.themes).find((row) => String(row.theme_id) === params.get("id"));
  host.append(element("p", { class: "crumb" }, link(route("themes"), `‹ ${say("themes")}`)));
  if (!theme) return host.append(element("h2", { tabindex: "-1" }, say("theme")), note(say("empty")));
  host.append(element("h2", { tabindex: "-1" }, quoted(theme.label)), element("p", { class: "meta" }, `${categoryName(theme.category)} · ${say("firstMover")}: `, quoted(theme.first_city ?? "–"), ` ${yearName(theme.first_year)}`));
  if (theme.said !== null) host.append(element("p", {}, `${say("representative")}: `, example(theme.medoid, theme.said)));
  const curve = records(data.adoption).filter((row) => row.theme_id === theme.theme_id && row.year !== null).sort((a, b) => a.year - b.year);
  host.append(element("h3", {}, say("adoption")));
  if (!curve.length) host.append(note(say("noAdoption")));
  else {
    await chart(host, 240, say("curveLabel"), () => ({
      grid: { left: 44, right: 20, top: 36, bottom: 30 }, legend: { top: 0, left: 40, textStyle: { color: colour("ink") } },
      xAxis: axis({ type: "category", data: curve.map((row) => String(row.year)), splitLine: { show: false } }), yAxis: axis({ type: "value", min: 0, minInterval: 1 }),
      tooltip: { trigger: "axis" },
      series: [
        { type: "line", step: "end", name: say("observed"), data: curve.map((row) => row.observed), symbolSize: 5, lineStyle: { color: colour("muted"), type: "dashed", width: 1.5 }, itemStyle: { color: colour("muted") } },
        { type: "line", step: "end", name: say("adopters"), data: curve.map((row) => row.adopters), symbolSize: 7, lineStyle: { color: colour("c0"), width: 2.5 }, itemStyle: { color: colour("c0") } },
      ],
    }));
  }
  const cities = records(data.cities).filter((row) => row.theme_id === theme.theme_id).sort((a, b) => (a.first_year ?? 9999) - (b.first_year ?? 9999));
  host.append(element("h3", {}, say("citiesOf", integer(cities.length))), table(cities, [
    { id: "city", name: say("city"), value: (row) => row.city },
    { id: "year", name: say("since"), number: true, value: (row) => row.first_year, show: (row) => yearName(row.first_year) },
    { id: "measures", name: say("measures"), number: true, value: (row) => row.measures },
    { id: "example", name: say("example"), wide: true, value: (row) => row.said, show: (row) => example(row.example, row.said) },
  ], { caption: say("citiesOf", cities.length), size: 50 }));
  const members = records(data.members).filter((row) => row.theme_id === theme.theme_id && row.measure_id !== null).map((row) => row.measure_id);
  if (!members.length) return;
  await loadEach(members);
  host.append(element("h3", {}, `${say("measures")} (${integer(members.length)})`));
  paged(host, members.sort((a, b) => (m.year[a] ?? 9999) - (m.year[b] ?? 9999) || a - b), (row) => measureItem(row));
}
