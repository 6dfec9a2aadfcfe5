// ECharts on a canvas, in the colours of the style sheet. Tooltips are drawn on the canvas too: text of plans never
// becomes markup, and the policy of the page allows no inline style.
const drawn = new Set();
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const palette = () => ["c0", "c1", "c2", "c3", "c4", "c5"].map(colour);

async function chart(host, height, label, make) {
  await library("charts");
  const box = element("div", { class: "chart", role: "img", "aria-label": label });
  host.append(box);
  box.style.height = `${height}px`;
  const own = window.planmine_charts.init(box, null, { renderer: "canvas" });
  const common = {
    animation: false,
    textStyle: { fontFamily: colour("sans"), color: colour("ink") },
    tooltip: { renderMode: "richText", backgroundColor: colour("raised"), borderColor: colour("strong"), textStyle: { color: colour("ink"), fontSize: 12 }, confine: true },
  };
  const fill = () => {
    const option = make(box.clientWidth);
    own.setOption({ ...common, ...option, tooltip: { ...common.tooltip, ...option.tooltip } }, true);
  };
  fill();
  const entry = { own, box, fill };
  drawn.add(entry);
  return own;
}
function forgetCharts() {
  for (const { own } of drawn) own.dispose();
  drawn.clear();
}
window.addEventListener("resize", () => { for (const { own, fill } of drawn) own.resize(), fill(); });
window.addEventListener("beforeprint", () => { for (const { own, fill } of drawn) own.resize(), fill(); });
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (core.ready) follow(false); });

const axis = (more) => ({
  axisLine: { lineStyle: { color: colour("strong") } }, axisTick: { show: false }, splitLine: { lineStyle: { color: colour("rule") } },
  axisLabel: { color: colour("muted"), fontSize: 11 }, ...more,
});
