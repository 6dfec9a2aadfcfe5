// Language, routes and start. `#/view?…` names what is shown; the overview and the methods stand in the page itself.
const VIEWS = { coverage: showCoverage, likeness: showLikeness, pair: showPair, themes: showThemes, theme: showTheme, change: showChange, measures: showMeasures, measure: showMeasure, plan: showPlan };
const TABS = { pair: "likeness", theme: "themes", measure: "measures", plan: "measures" };
const view = document.getElementById("view");
let visit = 0;

function setLanguage(chosen) {
  lang = chosen;
  const root = document.documentElement;
  root.dataset.lang = lang;
  root.lang = lang === "zh" ? "zh-CN" : "en";
  document.querySelectorAll("[data-set-lang]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.setLang === lang)));
  if (core.ready) follow(false);
}

// Show what the address names. A view that is overtaken by another draws into a host that nobody sees.
async function follow(focus = true) {
  const [, name = "overview", query = ""] = /^#\/?(\w+)(?:\?(.*))?$/.exec(location.hash) ?? [];
  const own = ++visit;
  delete document.documentElement.dataset.shown;
  forgetCharts();
  tip.hidden = true;
  const known = Object.hasOwn(VIEWS, name);
  const page = known ? TABS[name] ?? name : document.querySelector(`[data-page="${name}"]`) ? name : document.getElementById(name)?.closest("[data-page]")?.dataset.page ?? "overview";
  document.querySelectorAll("[data-page]").forEach((section) => { section.hidden = known || section.dataset.page !== page; });
  view.hidden = !known;
  document.querySelectorAll("nav a").forEach((anchor) => { if (anchor.dataset.for === page) anchor.setAttribute("aria-current", "page"), showTab(anchor); else anchor.removeAttribute("aria-current"); });
  let host = document.querySelector(`[data-page="${page}"]`);
  if (known) {
    host = element("div");
    view.replaceChildren(host);
    const waiting = setTimeout(() => { if (own === visit && !host.children.length) host.append(element("p", { class: "loading" }, say("loading"))); }, 150);
    try {
      await VIEWS[name](host, new URLSearchParams(query));
    } catch (error) {
      host.append(note(`${say("failed")}: ${error.message}`));
      throw error;
    } finally {
      clearTimeout(waiting);
      host.querySelector(".loading")?.remove();
    }
  } else if (page === "overview") drawLists();
  if (own !== visit) return;
  if (focus) {
    const section = known ? null : document.getElementById(name); // #plans and its like: a part of a page
    if (section) section.scrollIntoView();
    else if (!/[?&]at=/.test(location.hash)) window.scrollTo(0, 0);
    if (!section) host.querySelector("h2")?.focus({ preventScroll: true });
  }
  document.documentElement.dataset.shown = name;
}

// On a phone the tabs are wider than the page.
function showTab(anchor) {
  const list = anchor.closest("ul");
  list.scrollLeft = Math.max(0, anchor.offsetLeft - list.offsetLeft - 80);
}

function drawLists() {
  const plans = records({ ...core.plans, row: core.plans.id.map((_, p) => p) });
  const years = (plan) => (plan.year === null || plan.year_to === null || plan.year_to === plan.year ? yearName(plan.year) : `${plan.year}–${plan.year_to}`);
  document.getElementById("plans-list").replaceChildren(table(plans, [
    { id: "title", name: say("title"), wide: true, value: (plan) => plan.title ?? plan.source, show: (plan) => link(route("plan", { id: plan.id }), quoted(visible(plan.title ?? plan.source))) },
    { id: "city", name: say("city"), value: (plan) => plan.place },
    { id: "year", name: say("year"), number: true, value: (plan) => plan.year, show: years },
    { id: "agency", name: say("agencyOf"), value: (plan) => plan.agency },
    { id: "type", name: say("type"), value: (plan) => (plan.doc_type === null ? null : codeName("doc_type", plan.doc_type)) },
    { id: "count", name: say("measures"), number: true, value: (plan) => plan.count, show: (plan) => link(route("measures", { plan: plan.id }), integer(plan.count)) },
    { id: "source", name: say("source"), value: (plan) => plan.source, show: (plan) => (plan.address ? element("a", { href: plan.address, rel: "noopener noreferrer", target: "_blank" }, quoted(visible(plan.source))) : quoted(visible(plan.source ?? ""))) },
  ], { caption: say("plans"), filter: true, size: 25 }));
  const plainColumns = (...names) => names.map(([id, name, wide]) => ({ id, name: say(name), wide, value: (row) => (row[id] === null ? null : visible(row[id])) }));
  document.getElementById("failures-list").replaceChildren(table(records(core.failures), plainColumns(["file", "file"], ["stage", "stage"], ["reason", "why", true], ["remedy", "remedy", true]), { caption: say("failures"), size: 20, empty: say("noFailures") }));
  document.getElementById("notices-list").replaceChildren(table(records(core.notices), plainColumns(["file", "file"], ["notice", "notice", true]), { caption: say("notices"), size: 20, empty: say("empty") }));
}

// The words of a cell beside it, for those who point and those who walk with keys.
const tip = document.getElementById("tip");
function point(event) {
  const cell = event.target.closest?.(".cell a");
  tip.hidden = !cell;
  if (!cell) return;
  tip.textContent = cell.getAttribute("aria-label");
  const box = cell.getBoundingClientRect();
  const own = tip.getBoundingClientRect();
  const left = Math.min(Math.max(box.left + box.width / 2 - own.width / 2, 8), document.documentElement.clientWidth - own.width - 8);
  tip.style.setProperty("left", `${left}px`);
  tip.style.setProperty("top", `${box.top - own.height - 6 < 4 ? box.bottom + 6 : box.top - own.height - 6}px`);
}

document.querySelectorAll("[data-set-lang]").forEach((button) => button.addEventListener("click", () => setLanguage(button.dataset.setLang)));
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); document.getElementById("main").focus(); });
document.addEventListener("mouseover", point);
document.addEventListener("focusin", point);
document.addEventListener("scroll", () => { tip.hidden = true; }, { capture: true, passive: true });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
window.addEventListener("hashchange", () => { if (core.ready) follow(); });

setLanguage(lang);
// after the first paint, so that the text is there while the data unpacks
requestAnimationFrame(() => setTimeout(async () => {
  try {
    if (!("DecompressionStream" in window)) throw new Error(say("old"));
    await Promise.all([openCore(), library("tables")]);
    await follow(location.hash.length > 1);
    document.documentElement.dataset.ready = "yes";
    (window.requestIdleCallback ?? setTimeout)(() => library("charts")); // so that the first chart does not wait
  } catch (error) {
    view.hidden = false;
    view.replaceChildren(note(`${say("failed")}: ${error.message}`));
    throw error;
  }
}));
