// The data of the page, unpacked once, and how its values are written.
let data = null;
const byPlan = new Map();

async function unpack() {
  const packed = Uint8Array.from(atob(document.getElementById("data").textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  data = await new Response(stream).json();
  data.plans.id.forEach((id, row) => byPlan.set(id, row));
}

const integer = (n) => n.toLocaleString("en-US");
const decimal = (x) => (x === 0 ? "0" : x.toFixed(2));
const percent = (x) => (x > 0 && x < 0.005 ? "<1%" : `${(x * 100).toFixed(0)}%`);
const categoryName = (code) => {
  if (code === "all") return say("all");
  const found = data.categories.find(([name]) => name === code);
  return found ? found[lang === "zh" ? 1 : 2] : code;
};
const yearName = (year) => (year === null ? say("undated") : String(year));
const route = (view, params) => `#/${view}?${new URLSearchParams(params)}`;

// An element with text and children; text never becomes markup.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}
// Text of a plan: isolated, so that direction marks in it do not reach beyond it.
const quoted = (text) => element("bdi", {}, String(text));

// Where a value stands in the scale: a class of the style sheet.
function look(value, bounds, few) {
  if (few) return "few";
  if (value === 0) return "zero";
  return `q${bounds.filter((bound) => value >= bound).length}`;
}

// The measures (row numbers) that a route asks for.
function select(params) {
  const m = data.measures;
  const has = (name) => params.has(name);
  const wanted = (name) => (params.get(name) === "" ? null : params.get(name));
  const plan = has("plan") ? byPlan.get(params.get("plan")) : null;
  const year = has("year") ? (params.get("year") === "" ? null : Number(params.get("year"))) : null;
  const rows = [];
  for (let i = 0; i < m.plan.length; i++) {
    if (has("plan") && m.plan[i] !== plan) continue;
    if (has("city") && m.place[i] !== wanted("city")) continue;
    if (has("known") && m.place[i] === null) continue;
    if (has("year") && m.year[i] !== year) continue;
    if (has("category") && m.category[i] !== params.get("category")) continue;
    if (has("status") && m.status[i] !== params.get("status")) continue;
    if (has("figures") && m.targets[i].length === 0) continue;
    rows.push(i);
  }
  return rows;
}
