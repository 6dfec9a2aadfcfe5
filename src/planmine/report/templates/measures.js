// Measures: full-text search (uFuzzy, over the text as it is) and facets with their counts.
const FACETS = {
  city: (row) => city(row) ?? "", year: (row) => (m.year[row] === null ? "" : String(m.year[row])), category: (row) => m.category[row],
  status: (row) => m.status[row], strength: (row) => (m.strength[row] === null ? "" : String(m.strength[row])), figures: (row) => (m.targets[row].length ? "1" : "0"),
};
let finder = null;
// Rows whose text has the words of a query, the closest first; null for no query.
function matching(query) {
  if (!query.trim()) return null;
  finder ??= new window.planmine_search.Search({ unicode: true, interSplit: "[^\\p{L}\\d']+", intraSplit: "\\p{Ll}\\p{Lu}", intraBound: "\\p{L}\\d|\\d\\p{L}|\\p{Ll}\\p{Lu}", intraChars: "[\\p{L}\\d']", intraContr: "'\\p{L}{1,2}\\b" });
  const [rows, info, order] = finder.search(m.text, query, 4, 1000);
  return rows === null ? [] : order ? order.map((k) => info.idx[k]) : [...rows];
}
const words = (query) => query.split(/\s+/).filter((word) => word && !word.startsWith("-"));
const markWords = (query) => (text) => {
  const inside = new Array(text.length).fill(false);
  const low = text.toLowerCase();
  for (const word of words(query.toLowerCase())) for (let at = low.indexOf(word); at >= 0; at = low.indexOf(word, at + 1)) inside.fill(true, at, at + word.length);
  return pieces(text, inside);
};

async function showMeasures(host, params) {
  const state = { q: "", agency: "", plan: null, ...Object.fromEntries(params) };
  const place = params.has("city") ? state.city || null : undefined;
  host.append(element("h2", { tabindex: "-1" }, say("measures")));
  const count = element("p", { class: "summary", role: "status" }, say("loading"));
  const list = element("div", { class: "hits" });
  const choices = element("div", { class: "choices" });
  const input = element("input", { type: "search", id: "query", value: state.q, placeholder: say("searchHint"), input: (event) => change({ q: event.target.value }) });
  const agency = element("input", { type: "search", value: state.agency, placeholder: say("agencyHint"), input: (event) => change({ agency: event.target.value }) });
  host.append(element("p", { class: "query" }, element("label", { for: "query" }, say("search")), input), element("div", { class: "browse" },
    element("div", { class: "facets" }, choices, element("label", {}, `${say("agency")} `, agency), element("button", { type: "button", class: "act", click: () => { location.hash = "#/measures"; } }, say("clear"))),
    element("div", {}, count, list)));
  let complete = false;
  let waiting = 0;
  // A short rest after a key, so that fast typing is one search.
  const change = (values) => {
    Object.assign(state, values);
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      history.replaceState(null, "", route("measures", Object.fromEntries(Object.entries(state).filter(([name, value]) => value !== null && (value !== "" || ["city", "year"].includes(name))))));
      run();
    }, 120);
  };
  function run() {
    const found = complete ? matching(state.q) : null;
    const pool = found ?? (complete ? Array.from({ length: core.rows }, (_, k) => k) : place === undefined ? [] : rowsOf(place));
    const wanted = Object.keys(FACETS).filter((name) => state[name] !== undefined);
    const plan = state.plan === null ? null : byPlan.get(state.plan);
    const counts = Object.fromEntries(Object.keys(FACETS).map((name) => [name, new Map()]));
    const hits = [];
    for (const row of pool) { // a facet counts what all the others let through
      if (plan !== null && m.plan[row] !== plan) continue;
      if (state.known && city(row) === null) continue;
      if (state.agency && !m.agencies[row].some((name) => name.includes(state.agency))) continue;
      let failed = null;
      let failures = 0;
      for (const name of wanted) if (FACETS[name](row) !== state[name] && ++failures) failed = name;
      if (failures > 1) continue;
      if (!failures) hits.push(row);
      for (const name in FACETS) if (!failures || failed === name) counts[name].set(FACETS[name](row), (counts[name].get(FACETS[name](row)) ?? 0) + 1);
    }
    if (complete) drawFacets(counts);
    draw(hits);
  }
  const names = { city: (v) => v || say("nowhere"), year: yearName, category: categoryName, status: (v) => codeName("status", v), strength: (v) => (core.strengths[v] ? `${v} ${both(core.strengths[v])}` : say("none")), figures: (v) => (v === "1" ? say("figures") : say("none")) };
  const orders = { city: core.order, category: core.categories.map(([code]) => code) };
  const labels = { city: "city", year: "year", category: "category", status: "status", strength: "strength", figures: "figure" };
  function drawFacets(counts) {
    const focused = choices.contains(document.activeElement) ? document.activeElement.dataset.facet : null;
    const boxes = Object.keys(FACETS).map((name) => {
      const values = [...new Set([...counts[name].keys(), ...(state[name] === undefined ? [] : [state[name]])])];
      const at = (value) => (orders[name]?.indexOf(value) ?? -1);
      values.sort((a, b) => at(a) - at(b) || a.localeCompare(b));
      const box = choice(say(labels[name]), [["*", say("any")], ...values.map((value) => [value, `${names[name](value)} (${integer(counts[name].get(value) ?? 0)})`])], state[name] ?? "*", (value) => change({ [name]: value === "*" ? undefined : value }));
      box.lastChild.dataset.facet = name;
      return box;
    });
    choices.replaceChildren(...boxes);
    if (focused) choices.querySelector(`[data-facet="${focused}"]`)?.focus();
  }
  function draw(hits) {
    count.replaceChildren(say("found", integer(hits.length), integer(core.rows)));
    list.replaceChildren();
    if (hits.length) paged(list, hits, (row) => measureItem(row, { marks: state.q ? markWords(state.q) : null }));
    else if (complete) drawAbsence(list, state);
  }
  if (place !== undefined && !state.q) await loadCity(place), run();
  const all = Promise.all([library("search"), loadAll((n) => { if (!list.firstChild) count.textContent = say("reading", integer(n), integer(core.rows)); })]).then(() => { complete = true; run(); });
  if (place === undefined || state.q) await all;
  else host.dataset.later = "yes", all.then(() => delete host.dataset.later);
}

// Why there is nothing, and where to look.
function drawAbsence(host, state) {
  host.append(note(say("absent")));
  if (!state.city || !state.category) return;
  const read = core.plans.place.map((name, p) => p).filter((p) => core.plans.place[p] === state.city && (state.year === undefined || String(core.plans.year[p] ?? "") === state.year));
  if (read.length) host.append(element("p", {}, say("plansRead"), ...read.flatMap((p, k) => [k ? "; " : "", link(route("plan", { id: core.plans.id[p] }), quoted(visible(core.plans.title[p] ?? core.plans.source[p])))])));
  host.append(note(say("limit")), element("p", {}, link(route("measures", { category: state.category, known: 1 }), say("elsewhere"))));
}
