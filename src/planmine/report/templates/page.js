// Language, routes and start. What a link `#/view?…` names opens in the drawer; Escape and Back close it.
const drawer = document.getElementById("evidence");
const VIEWS = { measures: showMeasures, pair: showPair, matches: showMatches };

function setLanguage(chosen) {
  lang = chosen;
  const root = document.documentElement;
  root.dataset.lang = lang;
  root.lang = lang === "zh" ? "zh-CN" : "en";
  document.querySelectorAll("[data-set-lang]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.setLang === lang)));
  if (data) draw();
}

function draw() {
  drawCoverage();
  drawSimilarity();
  follow();
}

function follow() {
  const [, view, query] = /^#\/(\w+)\?(.*)$/.exec(location.hash) ?? [];
  if (!data || !Object.hasOwn(VIEWS, view ?? "")) {
    if (drawer.open) drawer.close();
    return;
  }
  const title = document.getElementById("evidence-title");
  const host = document.getElementById("evidence-body");
  title.replaceChildren();
  host.replaceChildren();
  VIEWS[view](title, host, new URLSearchParams(query));
  tip.hidden = true;
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
  title.focus();
}

const tip = document.getElementById("tip");
function point(event) {
  const link = event.target.closest?.(".cell a");
  tip.hidden = !link;
  if (!link) return;
  tip.textContent = link.getAttribute("aria-label");
  const box = link.getBoundingClientRect();
  const own = tip.getBoundingClientRect();
  const left = Math.min(Math.max(box.left + box.width / 2 - own.width / 2, 8), document.documentElement.clientWidth - own.width - 8);
  tip.style.setProperty("left", `${left}px`);
  tip.style.setProperty("top", `${box.top - own.height - 6 < 4 ? box.bottom + 6 : box.top - own.height - 6}px`);
}

document.querySelectorAll("[data-set-lang]").forEach((button) => button.addEventListener("click", () => setLanguage(button.dataset.setLang)));
document.getElementById("evidence-close").addEventListener("click", () => drawer.close());
drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
drawer.addEventListener("close", () => {
  if (location.hash.startsWith("#/")) history.pushState(null, "", location.pathname + location.search);
});
document.getElementById("similarity-category").addEventListener("change", drawSimilarity);
document.addEventListener("mouseover", point);
document.addEventListener("focusin", point);
document.addEventListener("scroll", () => { tip.hidden = true; }, { capture: true, passive: true });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
window.addEventListener("hashchange", follow);

setLanguage(lang);
// after the first paint, so that the text is there while the data unpacks
requestAnimationFrame(() => setTimeout(async () => {
  try {
    if (!("DecompressionStream" in window)) throw new Error(say("old"));
    await unpack();
    draw();
    if (/^#\w+$/.test(location.hash)) document.getElementById(location.hash.slice(1))?.scrollIntoView(); // the heatmaps moved it
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    document.querySelectorAll(".loading").forEach((line) => { line.textContent = `${say("failed")}: ${error.message}`; });
    throw error;
  }
}));
