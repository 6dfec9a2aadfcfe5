// A plan's text with a measure marked in place, and what is known of the measure.
const WINDOW = 20000; // characters shown on both sides of a measure, where a plan is very long

// The part [from, to) of a text in characters as Python counts them: code points.
function cut(text, from, to) {
  if (!/[\ud800-\udbff]/.test(text)) return text.slice(from, to);
  const points = Array.from(text);
  return points.slice(from, to).join("");
}
const today = () => new Date().toISOString().slice(0, 10);
// GB/T 7714-2015: an electronic source with its address, else a document kept where the run found it.
function citation(p, row = null) {
  const plans = core.plans;
  const who = plans.agency[p] ?? plans.place[p] ?? say("nowhere");
  const title = plans.title[p] ?? plans.source[p];
  const head = plans.address[p] ? `${who}. ${title}[EB/OL]. ${plans.published[p] ? `(${plans.published[p]})` : yearName(plans.year[p])}[${today()}]. ${plans.address[p]}.` : `${who}. ${title}[Z]. ${yearName(plans.year[p])}. ${plans.source[p]}.`;
  return row === null ? head : `${head} ${say("chars")} ${m.start[row]}–${m.end[row]}: “${m.text[row].trim()}” (${measureId(row)}).`;
}
function citeButton(make) {
  const told = element("span", { role: "status", class: "told" });
  const copy = async () => {
    const text = visible(make());
    try {
      await navigator.clipboard.writeText(text);
      told.replaceChildren(` ${say("copied")}: `, quoted(text));
    } catch { // no permission: the text stands there to be selected
      told.replaceChildren(` ${say("noCopy")}`, quoted(text));
    }
  };
  return element("p", {}, element("button", { type: "button", class: "act", click: copy }, say("cite")), told);
}

async function showMeasure(host, params) { // by row number: the plan at the place of that measure
  const row = Number(params.get("row"));
  await loadEach([row]);
  if (m.text[row] === undefined) return host.append(note(say("missingMeasure")));
  const id = core.plans.id[planOfRow(row)];
  history.replaceState(null, "", route("plan", { id, at: m.start[row] }));
  return showPlan(host, new URLSearchParams({ id, at: m.start[row] }));
}

async function showPlan(host, params) {
  const p = byPlan.get(params.get("id"));
  if (p === undefined) return host.append(element("h2", { tabindex: "-1" }, say("plan")), note(say("empty")));
  const plans = core.plans;
  const [first, end] = [plans.first[p], plans.first[p] + plans.count[p]];
  const [body] = await Promise.all([plans.text[p] === null ? null : part(`text-${plans.text[p]}`), loadRows(first, end)]);
  const rows = Array.from({ length: end - first }, (_, k) => first + k);
  const at = params.has("at") ? rows.find((row) => String(m.start[row]) === params.get("at")) : undefined;
  host.append(element("p", { class: "crumb" }, link(route("measures", plans.place[p] === null ? {} : { city: plans.place[p] }), `‹ ${say("measures")}`)),
    element("h2", { tabindex: "-1" }, quoted(visible(plans.title[p] ?? say("plan")))));
  const facts = element("p", { class: "meta" }, quoted(plans.place[p] ?? say("nowhere")), ` · ${yearName(plans.year[p])}`, plans.agency[p] ? " · " : "", plans.agency[p] ? quoted(plans.agency[p]) : "", ` · ${codeName("doc_type", plans.doc_type[p])} · ${say("source")}: `, quoted(visible(plans.source[p] ?? "")));
  if (plans.address[p]) facts.append(" · ", element("a", { href: plans.address[p], rel: "noopener noreferrer", target: "_blank" }, say("openSource")));
  host.append(facts);
  const reading = element("div", { class: "reading" });
  const panel = element("aside", { class: "panel", "aria-label": say("measure") });
  host.append(reading);
  const text = element("div", {}, element("h3", {}, say("fullText")));
  reading.append(text, panel);
  if (body === null) {
    text.append(note(say("noText")));
    paged(text, rows, (row) => measureItem(row, { placed: false }));
  } else drawText(text, body[plans.id[p]], p, at);
  await drawPanel(panel, p, at, rows);
  const mark = text.querySelector("mark");
  if (mark) requestAnimationFrame(() => mark.scrollIntoView({ block: "center" }));
}

function drawText(host, text, p, at) {
  const length = core.plans.end[p] - core.plans.start[p];
  const [start, end] = at === undefined ? [0, 0] : [m.start[at] - core.plans.start[p], m.end[at] - core.plans.start[p]];
  const [from, to] = length > 3 * WINDOW ? [Math.max(0, start - WINDOW), Math.min(length, end + WINDOW)] : [0, length];
  const block = element("div", { class: "text", lang: "zh", tabindex: "0", role: "region", "aria-label": say("fullText") });
  const piece = (a, b) => visible(cut(text, a, b));
  block.append(from > 0 ? "… " : "", piece(from, start), ...(at === undefined ? [] : [element("mark", { id: "here" }, piece(start, end))]), piece(end, to), to < length ? " …" : "");
  host.append(block);
}

async function drawPanel(host, p, at, rows) {
  if (at === undefined) return host.append(citeButton(() => citation(p)), note(say("rows", integer(rows.length))), link(route("measures", { plan: core.plans.id[p] }), say("measures")));
  const k = rows.indexOf(at);
  const step = (row, name) => (row === undefined ? null : planLink(row, name));
  host.append(element("h3", {}, `${say("measure_")} ${k + 1} / ${rows.length}`), element("p", { class: "tabs" }, step(rows[k - 1], `‹ ${say("before")}`), step(rows[k + 1], `${say("after")} ›`)));
  const facts = element("dl", { class: "codes" });
  const fact = (name, ...value) => facts.append(element("div", {}, element("dt", {}, name), element("dd", {}, ...value)));
  fact(say("status"), codeName("status", m.status[at]));
  fact(say("category"), `${categoryName(m.category[at])}${m.probability[at] === null ? "" : ` (${say("probability")} ${m.probability[at].toFixed(2)})`}`);
  const others = m.labels[at].filter((code) => code !== m.category[at]);
  if (others.length) fact(say("also"), others.map(categoryName).join(", "));
  if (m.strength[at] !== null) fact(say("strength"), `${m.strength[at]} ${core.strengths[m.strength[at]] ? both(core.strengths[m.strength[at]]) : ""}`);
  if (m.targets[at].length) fact(say("figure"), quoted(m.targets[at].map(figureText).join("; ")));
  if (m.agencies[at].length) fact(say("agency"), quoted(m.agencies[at].join("、")));
  if (m.path[at].length) fact(say("path"), quoted(visible(m.path[at].join(" › "))));
  fact(say("at"), `${say("chars")} ${m.start[at]}–${m.end[at]}`);
  fact("ID", element("code", {}, measureId(at)));
  host.append(facts, citeButton(() => citation(p, at)), element("h3", {}, say("counterparts")));
  const own = city(at) === null ? null : await part(`city-${placeOf.get(city(at))}`);
  const found = own ? rowsOfMatches(own.matches, (a, b) => (a === at ? [a, b] : b === at ? [b, a] : null)) : [];
  if (!found.length) return host.append(note(say("noCounterparts")));
  await loadEach(found.map((match) => match.b));
  paged(host, found, (match) => element("li", {}, element("p", { class: "joined" }, quoted(city(match.b)), ` · ${codeName("relation", match.relation)} · ${say("probability")} ${match.probability.toFixed(2)}`), element("p", { class: "said", lang: "zh" }, planLink(match.b, quoted(visible(m.text[match.b]))))));
}
