// The data of the pages: parts that are loaded when asked for, and how their values are written.
const core = { ready: false };
const byPlan = new Map(); // plan_id -> row of core.plans
const placeOf = new Map(); // city -> its place in core.order

async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

async function openCore() {
  Object.assign(core, await unpack(document.getElementById("data").textContent.trim()), { ready: true });
  core.plans.id.forEach((id, row) => byPlan.set(id, row));
  core.order.forEach((city, k) => placeOf.set(city, k));
  core.spans = new Map(); // city (null: unknown) -> [first row, end]
  core.plans.place.forEach((place, p) => {
    const [from, to] = [core.plans.first[p], core.plans.first[p] + core.plans.count[p]];
    const span = core.spans.get(place);
    if (from < to) core.spans.set(place, span ? [Math.min(span[0], from), Math.max(span[1], to)] : [from, to]);
  });
}

// A script of the folder `site`; the policy of the page lets this script add others, and no one else.
function script(name) {
  return new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = `site/${name}.js`;
    tag.onload = resolve;
    tag.onerror = () => reject(new Error(say("missing", `site/${name}.js`)));
    document.head.append(tag);
    tag.remove();
  });
}
const libraries = new Map();
function library(name) {
  if (!libraries.has(name)) libraries.set(name, script(`lib-${name}`));
  return libraries.get(name);
}
const arrived = new Map(); // name -> packed text, handed over by the part's script
window.planmine = (name, packed) => arrived.set(name, packed);
const parts = new Map();
function part(name) {
  if (!parts.has(name)) {
    parts.set(name, script(name).then(() => {
      const packed = arrived.get(name);
      arrived.delete(name);
      return unpack(packed);
    }));
  }
  return parts.get(name);
}

// Columns of measures, filled part by part; `loaded` says which parts are there.
const COLUMNS = ["plan", "year", "start", "end", "text", "status", "category", "strength", "probability", "labels", "agencies", "targets"];
const m = Object.fromEntries([...COLUMNS, "path"].map((name) => [name, []]));
const loaded = new Map();
function loadChunk(k) {
  if (!loaded.has(k)) {
    loaded.set(k, part(`measures-${k}`).then((rows) => {
      const offset = k * core.chunk;
      rows.text.forEach((_, i) => {
        for (const name of COLUMNS) m[name][offset + i] = rows[name][i];
        m.path[offset + i] = rows.paths[rows.path[i]];
      });
      parts.delete(`measures-${k}`);
    }));
  }
  return loaded.get(k);
}
async function loadRows(from, to) {
  const wanted = [];
  for (let k = Math.floor(from / core.chunk); k * core.chunk < to; k++) wanted.push(loadChunk(k));
  await Promise.all(wanted);
}
const loadCity = (city) => (core.spans.has(city) ? loadRows(...core.spans.get(city)) : Promise.resolve());
const rest = () => new Promise((done) => setTimeout(done)); // lets the page answer between two parts
async function loadAll(progress = () => {}) {
  for (let k = 0; k * core.chunk < core.rows; k++) {
    await loadChunk(k);
    progress(Math.min((k + 1) * core.chunk, core.rows));
    await rest();
  }
}
const rowsOf = (city) => {
  const [from, to] = core.spans.get(city) ?? [0, 0];
  return Array.from({ length: to - from }, (_, k) => from + k);
};
const city = (row) => core.plans.place[m.plan[row] ?? planOfRow(row)]; // known of rows that are not loaded, too
const measureId = (row) => `${core.plans.id[m.plan[row]]}:${m.start[row]}`;
function planOfRow(row) { // by halving: plans stand in the order of their rows
  let [low, high] = [0, core.plans.first.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (core.plans.first[middle] <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
const loadEach = (rows) => Promise.all([...new Set(rows.filter((row) => row !== null).map((row) => Math.floor(row / core.chunk)))].map(loadChunk));

const integer = (n) => n.toLocaleString("en-US");
const number = (x) => (Number.isInteger(x) ? integer(x) : x.toLocaleString("en-US", { maximumFractionDigits: 4 }));
const decimal = (x) => (x === null ? "–" : x === 0 ? "0" : x.toFixed(2).replace("-", "−"));
const percent = (x) => (x === null ? "–" : x > 0 && x < 0.005 ? "<1%" : `${Math.round(x * 100)}%`);
const both = (names) => names[lang === "zh" ? 0 : 1];
const categoryName = (code) => {
  if (code === "all") return say("all");
  const found = core.categories.find(([name]) => name === code);
  return found ? both(found.slice(1)) : code;
};
const codeName = (column, code) => (core.codes[column]?.[code] ? both(core.codes[column][code]) : (code ?? "–"));
const yearName = (year) => (year === null || year === "" ? say("undated") : String(year));
const route = (view, params = {}) => `#/${view}${Object.keys(params).length ? `?${new URLSearchParams(params)}` : ""}`;

// An element with text and children; text never becomes markup.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
// Text of a plan: isolated, so that direction marks in it do not reach beyond it.
const quoted = (text) => element("bdi", {}, String(text));
const link = (href, ...content) => element("a", { href }, ...content);
const note = (...content) => element("p", { class: "note" }, ...content);

// Where a value stands in the scale: a class of the style sheet.
function look(value, bounds, few) {
  if (few) return "few";
  if (value === 0) return "zero";
  return `q${bounds.filter((bound) => value >= bound).length}`;
}
function scaleLegend(bounds, write, zero) {
  const steps = element("span", { class: "steps" });
  for (let i = 0; i <= bounds.length; i++) {
    const text = i === 0 ? `<${write(bounds[0])}` : i === bounds.length ? `≥${write(bounds[i - 1])}` : `${write(bounds[i - 1])}–${write(bounds[i])}`;
    steps.append(element("span", { class: `q${i}` }, text));
  }
  const key = (kind, mark, text) => element("span", { class: "key" }, element("i", { class: kind }, mark), text);
  return element("div", { class: "legend" }, steps, key("zero", "0", zero), key("few", "", say("few", core.small)));
}
// A labelled choice; `options` are [value, name].
function choice(label, options, value, change) {
  const select = element("select", { change: (event) => change(event.target.value) });
  for (const [code, name] of options) select.append(element("option", { value: code, selected: String(code) === String(value) }, name));
  return element("label", {}, `${label} `, select);
}
const cityOptions = () => core.order.map((name) => [name, name]);
