// The drawer that shows what stands behind a number: measures, or the matches of two cities.
const PAGE = 100;
const COMPARATORS = { "=": "", ">=": "≥ ", ">": "> ", "<=": "≤ ", "<": "< ", "~": "≈ " };

function figureText([indicator, comparator, value, unit, deadline, redacted]) {
  const amount = redacted || value === null ? `(${say("redacted")})` : `${COMPARATORS[comparator] ?? ""}${integer(value)} ${unit ?? ""}`.trim();
  return `${indicator ?? ""} ${amount}${deadline ? say("until", deadline) : ""}`.trim();
}

function source(i) {
  const m = data.measures;
  const p = m.plan[i];
  const where = element("p", { class: "meta" }, `${say("source")}: `, quoted(data.plans.source[p] ?? ""), ` · ${say("chars")} ${m.start[i]}–${m.end[i]}`);
  if (data.plans.title[p]) where.append(" · ", quoted(data.plans.title[p]));
  if (data.plans.address[p]) {
    where.append(" · ", element("a", { href: data.plans.address[p], rel: "noopener noreferrer", target: "_blank" }, say("open")));
  }
  return where;
}

// One measure with all that is known of it; `shared` are the 4-grams to mark, `placed` says whether to name the city.
function measure(i, { shared = null, placed = true } = {}) {
  const m = data.measures;
  const said = element("p", { class: "said", lang: "zh" });
  said.append(...(shared ? marked(m.text[i], shared) : [m.text[i]]));
  const coded = element("p", { class: "meta" }, element("span", { class: "status" }, say(m.status[i])),
    `${categoryName(m.category[i])}${m.probability[i] === null ? "" : ` (${say("probability")} ${m.probability[i].toFixed(2)})`}`);
  if (placed) coded.append(" · ", quoted(m.place[i] ?? say("nowhere")), ` ${yearName(m.year[i])}`);
  else coded.append(` · ${yearName(m.year[i])}`);
  const parts = [said, coded];
  if (m.targets[i].length) {
    parts.push(element("p", { class: "meta" }, `${say("figure")}: `, element("b", {}, quoted(m.targets[i].map(figureText).join("; ")))));
  }
  if (m.agencies[i].length) parts.push(element("p", { class: "meta" }, `${say("agencies")}: `, quoted(m.agencies[i].join("、"))));
  const path = data.paths[m.path[i]].filter((heading, k) => k > 0 || heading !== data.plans.title[m.plan[i]]);
  if (path.length) parts.push(element("p", { class: "meta" }, `${say("path")}: `, quoted(path.join(" › "))));
  parts.push(source(i));
  return parts;
}

// Runs of four or more characters that the other text has too, as <mark>.
const grams = (text) => new Set(Array.from({ length: Math.max(text.length - 3, 0) }, (_, k) => text.slice(k, k + 4)));
function marked(text, shared) {
  const inside = new Array(text.length).fill(false);
  for (let k = 0; k + 4 <= text.length; k++) if (shared.has(text.slice(k, k + 4))) inside.fill(true, k, k + 4);
  const parts = [];
  for (let k = 0, from = 0; k <= text.length; k++) {
    if (k === text.length || (k > from && inside[k] !== inside[from])) {
      const piece = text.slice(from, k);
      if (piece) parts.push(inside[from] ? element("mark", {}, piece) : piece);
      from = k;
    }
  }
  return parts;
}

// A list that grows by pages, so that ten thousand entries open at once.
function paged(host, rows, draw) {
  const list = element("ol", { class: "evidence" });
  const button = element("button", { type: "button", class: "more" });
  let shown = 0;
  const grow = () => {
    const first = shown;
    for (const row of rows.slice(shown, shown + PAGE)) list.append(draw(row));
    shown = Math.min(shown + PAGE, rows.length);
    button.hidden = shown === rows.length;
    button.textContent = say("more", integer(Math.min(PAGE, rows.length - shown)));
    if (first) list.children[first].setAttribute("tabindex", "-1"), list.children[first].focus();
  };
  button.addEventListener("click", grow);
  grow();
  host.append(list, button);
}

function showMeasures(title, host, params) {
  const rows = select(params);
  const [city, year, category] = ["city", "year", "category"].map((name) => params.get(name));
  const names = [];
  if (city !== null) names.push(city || say("nowhere"));
  if (year !== null) names.push(yearName(year === "" ? null : year));
  if (category !== null) names.push(categoryName(category));
  if (params.has("status")) names.push(say(params.get("status")));
  if (params.has("figures")) names.push(say("figures"));
  if (params.has("plan")) names.push(data.plans.title[byPlan.get(params.get("plan"))] ?? say("plan"));
  title.append(quoted(names.join(" · ") || say("any")));
  const c = data.coverage;
  const cell = city && year !== null && category !== null && !params.has("status");
  const i = cell ? c.city.findIndex((name, k) => name === city && c.category[k] === category && c.year[k] === (year === "" ? null : Number(year))) : -1;
  const inCell = i >= 0 ? select(new URLSearchParams({ city, year })) : [];
  let summary = say("measuresOf", integer(rows.length));
  if (i >= 0 && c.share[i] !== null) {
    const interval = ` (${say("interval", percent(c.share_low[i]), percent(c.share_high[i]))})`;
    summary = rows.length
      ? `${say("ofAll", integer(rows.length), integer(inCell.length), percent(c.share[i]))}${interval}; ${say("planned")} ${c.planned[i]}, ${say("completed")} ${c.completed[i]}, ${say("figures")} ${c.with_target[i]}`
      : say("absentOf", integer(inCell.length)) + interval;
  }
  host.append(element("p", { class: "summary" }, summary));
  if (rows.length) return paged(host, rows, (row) => element("li", { "data-measure": `${data.plans.id[data.measures.plan[row]]}:${data.measures.start[row]}` }, ...measure(row)));
  host.append(element("p", {}, say(city && category ? "absent" : "absentAny")));
  if (!city || !category) return;
  const read = [...new Set(inCell.map((row) => data.measures.plan[row]))];
  if (read.length) host.append(element("p", {}, say("plansRead"), ...read.flatMap((p, k) => [k ? "; " : "", quoted(data.plans.title[p] ?? data.plans.source[p])])));
  host.append(element("p", { class: "note" }, say("limit")));
  const others = select(new URLSearchParams({ category, known: 1 })).length;
  if (others) host.append(element("p", {}, element("a", { href: route("measures", { category, known: 1 }) }, say("elsewhere", integer(others)))));
}

// The matches (row numbers) of two cities, the first city's measure first: [match, measure of a, measure of b].
function matchesOf(a, b, category) {
  const m = data.measures;
  const found = [];
  data.matches.a.forEach((one, k) => {
    const other = data.matches.b[k];
    const [x, y] = m.place[one] === a ? [one, other] : [other, one];
    if (m.place[x] !== a || m.place[y] !== b) return;
    if (category === "all" || m.category[x] === category || m.category[y] === category) found.push([k, x, y]);
  });
  return found.sort(([i], [j]) => data.matches.probability[j] - data.matches.probability[i]);
}

function matchItem([k, x, y]) {
  const m = data.measures;
  const side = (i, other) => element("div", {}, element("p", { class: "meta place" }, element("b", {}, quoted(m.place[i]))),
    ...measure(i, { shared: grams(m.text[other]), placed: false }));
  return element("li", { "data-relation": data.matches.relation[k] },
    element("p", { class: "joined" }, element("span", { class: "status" }, say(data.matches.relation[k])), `${say("probability")} ${data.matches.probability[k].toFixed(2)}${data.matches.counted[k] ? "" : ` · ${say("possible")}`}`),
    element("div", { class: "sides" }, side(x, y), side(y, x)));
}

function showPair(title, host, params) {
  const [a, b, category] = ["a", "b", "category"].map((name) => params.get(name));
  title.append(quoted(a), " – ", quoted(b), ` · ${categoryName(category)}`);
  const s = data.similarity;
  const i = pairsOf(category).get(JSON.stringify([a, b]));
  const found = matchesOf(a, b, category);
  if (i !== undefined) {
    const facts = element("dl", { class: "facts" });
    const fact = (name, ...value) => facts.append(element("div", {}, element("dt", {}, name), element("dd", {}, ...value)));
    const straight = s.city_a[i] === a;
    fact(say("similarity"), s.similarity[i] === null ? "–" : `${decimal(s.similarity[i])}${s.low[i] === null ? "" : ` (${say("interval", decimal(s.low[i]), decimal(s.high[i]))})`}`);
    const covered = (own, other, share, n, side) => {
      const own_category = category === "all" ? {} : { category };
      const matched = new Set(found.filter(([k]) => data.matches.counted[k]).map((match) => match[side]).filter((row) => category === "all" || data.measures.category[row] === category)).size;
      fact(say("coveredBy", own, other), share === null ? "–" : percent(share), ` (${integer(matched)} / `, element("a", { href: route("measures", { city: own, ...own_category }) }, integer(n)), ")");
    };
    const [to, back] = straight ? [s.a_covered_by_b[i], s.b_covered_by_a[i]] : [s.b_covered_by_a[i], s.a_covered_by_b[i]];
    const [own, other] = straight ? [s.measures_a[i], s.measures_b[i]] : [s.measures_b[i], s.measures_a[i]];
    covered(a, b, to, own, 1);
    covered(b, a, back, other, 2);
    if (s.profile_similarity[i] !== null) fact(say("profile"), decimal(s.profile_similarity[i]));
    if (s.reuse_share[i] !== null) fact(say("reuse"), percent(s.reuse_share[i]));
    host.append(facts);
  }
  host.append(element("h3", {}, found.length ? say("matches", integer(found.length)) : say("noMatch")));
  if (!found.length) return;
  host.append(element("p", { class: "note" }, say("matchNote")));
  host.append(element("div", { class: "sides names", "aria-hidden": "true" }, element("div", {}, quoted(a)), element("div", {}, quoted(b))));
  paged(host, found, matchItem);
}

function showMatches(title, host, params) {
  const wanted = params.get("relation");
  title.append(wanted ? `${say("allMatches")} · ${say(wanted)}` : say("allMatches"));
  const m = data.matches;
  const rows = m.a.map((x, k) => [k, x, m.b[k]]).filter(([k]) => !wanted || m.relation[k] === wanted)
    .sort(([i], [j]) => m.probability[j] - m.probability[i]);
  host.append(element("p", { class: "summary" }, say("matches", integer(rows.length)), ". ", say("matchNote")));
  paged(host, rows, (row) => {
    const item = matchItem(row);
    item.classList.add("named");
    return item;
  });
}
