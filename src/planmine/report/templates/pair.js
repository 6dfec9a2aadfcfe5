// Two cities side by side: what matches, with probability and relation, and what only one of them has.
const PAGE = 25; // entries of a list that are drawn at once
const COMPARATORS = { "=": "", ">=": "≥ ", ">": "> ", "<=": "≤ ", "<": "< ", "~": "≈ " };
// Marks of direction would turn the words around them: they show as what they are, a sign that does not belong.
const visible = (text) => text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

function figureText([indicator, comparator, value, unit, deadline, redacted]) {
  const amount = redacted || value === null ? `(${say("redacted")})` : `${COMPARATORS[comparator] ?? ""}${number(value)} ${unit ?? ""}`.trim();
  return `${indicator ?? ""} ${amount}${deadline ? say("until", deadline) : ""}`.trim();
}
const planLink = (row, ...content) => link(route("plan", { id: core.plans.id[m.plan[row]], at: m.start[row] }), ...content);

// One measure with what is known of it; `marks(text)` gives its text in pieces, `placed` says whether to name the city.
function measure(row, { marks = null, placed = true } = {}) {
  const said = element("p", { class: "said", lang: "zh" });
  said.append(...(marks ? marks(visible(m.text[row])) : [visible(m.text[row])]));
  const coded = element("p", { class: "meta" }, element("span", { class: "status" }, codeName("status", m.status[row])),
    `${categoryName(m.category[row])}${m.probability[row] === null ? "" : ` (${say("probability")} ${m.probability[row].toFixed(2)})`}`);
  if (placed) coded.append(" · ", quoted(city(row) ?? say("nowhere")));
  coded.append(` · ${yearName(m.year[row])} · `, planLink(row, say("inPlace")));
  const parts = [said, coded];
  if (m.targets[row].length) parts.push(element("p", { class: "meta" }, `${say("figure")}: `, element("b", {}, quoted(m.targets[row].map(figureText).join("; ")))));
  if (m.agencies[row].length) parts.push(element("p", { class: "meta" }, `${say("agency")}: `, quoted(m.agencies[row].join("、"))));
  const path = m.path[row].filter((heading, k) => k > 0 || heading !== core.plans.title[m.plan[row]]);
  if (path.length) parts.push(element("p", { class: "meta" }, `${say("path")}: `, quoted(visible(path.join(" › ")))));
  return parts;
}

// Runs of four or more characters that the other text has too, as <mark>.
const grams = (text) => new Set(Array.from({ length: Math.max(text.length - 3, 0) }, (_, k) => text.slice(k, k + 4)));
const markShared = (other) => {
  const shared = grams(visible(other));
  return (text) => {
    const inside = new Array(text.length).fill(false);
    for (let k = 0; k + 4 <= text.length; k++) if (shared.has(text.slice(k, k + 4))) inside.fill(true, k, k + 4);
    return pieces(text, inside);
  };
};
function pieces(text, inside) {
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

// A list that grows by PAGE entries at a press of its button.
function paged(host, rows, draw) {
  const list = element("ol", { class: "evidence" });
  const button = element("button", { type: "button", class: "act" });
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
const measureItem = (row, more) => element("li", { "data-measure": measureId(row) }, ...measure(row, more));
const sides = (left, right) => element("div", { class: "sides" }, element("div", {}, ...left), element("div", {}, ...right));

// The matches that `pick(a, b)` gives the two measures of, as records; a city has many, so no record is made of the others.
function rowsOfMatches(matches, pick) {
  const found = [];
  matches.a.forEach((x, k) => {
    const own = pick(x, matches.b[k]);
    if (own) found.push({ a: own[0], b: own[1], probability: matches.probability[k], relation: matches.relation[k], counted: matches.counted[k] });
  });
  return found;
}

// The matches of two cities, best first, the first city's measure first.
async function matchesOf(a, b) {
  if (!placeOf.has(a) || !placeOf.has(b)) return [];
  const [own] = await Promise.all([part(`city-${placeOf.get(a)}`), loadCity(a), loadCity(b)]);
  return rowsOfMatches(own.matches, (x, y) => (city(x) === a && city(y) === b ? [x, y] : city(x) === b && city(y) === a ? [y, x] : null));
}
const matchItem = (match) => element("li", { "data-relation": match.relation },
  element("p", { class: "joined" }, element("span", { class: "status" }, codeName("relation", match.relation)), `${say("probability")} ${match.probability.toFixed(2)}${match.counted ? "" : ` · ${say("possible")}`}`),
  sides(measure(match.a, { marks: markShared(m.text[match.b]), placed: false }), measure(match.b, { marks: markShared(m.text[match.a]), placed: false })));

async function showPair(host, params) {
  const [a, b] = [params.get("a"), params.get("b")];
  const category = params.get("category") ?? "all";
  const show = params.get("show") ?? "matched";
  host.append(element("p", { class: "crumb" }, link(route("likeness", { category }), `‹ ${say("likeness")}`)), element("h2", { tabindex: "-1" }, quoted(a), " – ", quoted(b), ` · ${categoryName(category)}`));
  const own = (row) => category === "all" || m.category[row] === category;
  const all = await matchesOf(a, b);
  const found = all.filter((match) => own(match.a) || own(match.b));
  const matched = (side) => new Set(all.filter((match) => match.counted).map((match) => match[side]).filter(own));
  const [inA, inB] = [matched("a"), matched("b")];
  const alone = { a: rowsOf(a).filter((row) => own(row) && !inA.has(row)), b: rowsOf(b).filter((row) => own(row) && !inB.has(row)) };
  const s = core.counts.similarity ? await similarityOf(category) : null;
  const row = s ? records(s).find((r) => [r.city_a, r.city_b].sort().join("|") === [a, b].sort().join("|")) : null;
  if (row) {
    const straight = row.city_a === a;
    const facts = element("dl", { class: "facts" });
    const fact = (name, ...value) => facts.append(element("div", {}, element("dt", {}, name), element("dd", {}, ...value)));
    fact(say("similarity"), row.similarity === null ? "–" : `${decimal(row.similarity)}${row.low === null ? "" : ` (${say("interval", decimal(row.low), decimal(row.high))})`}`);
    const covered = (one, other, share, n) => fact(say("coveredBy", one, other), `${percent(share)} (n = `, link(route("measures", { city: one, ...(category === "all" ? {} : { category }) }), integer(n)), ")");
    covered(a, b, straight ? row.a_covered_by_b : row.b_covered_by_a, straight ? row.measures_a : row.measures_b);
    covered(b, a, straight ? row.b_covered_by_a : row.a_covered_by_b, straight ? row.measures_b : row.measures_a);
    for (const name of core.variants.filter((variant) => variant !== "similarity")) fact(say(name), decimal(row[name]));
    if (row.profile_similarity !== null) fact(say("profile"), decimal(row.profile_similarity));
    if (row.reuse_share !== null) fact(say("reuse"), percent(row.reuse_share));
    host.append(facts);
  }
  const tab = (name, text) => element("a", { href: route("pair", { a, b, category, show: name }), "aria-current": show === name ? "true" : null }, text);
  host.append(element("p", { class: "tabs" }, tab("matched", say("matched", integer(found.length))), tab("a", say("only", a, integer(alone.a.length))), tab("b", say("only", b, integer(alone.b.length)))));
  if (show === "a" || show === "b") {
    host.append(note(say("onlyNote")));
    if (!alone[show].length) return host.append(note(say("empty")));
    return paged(host, alone[show], (r) => measureItem(r, { placed: false }));
  }
  if (!found.length) return host.append(note(say("noMatch")));
  host.append(note(say("matchNote")), element("div", { class: "sides names", "aria-hidden": "true" }, element("div", {}, quoted(a)), element("div", {}, quoted(b))));
  paged(host, found, matchItem);
}
