// What the script says, in both languages. Texts of plans stay as they are.
const WORDS = {
  zh: {
    city: "城市", year: "年份", total: "措施", undated: "年份不明", nowhere: "城市不明", all: "全部类别", any: "全部措施",
    coverageCaption: "各城市各年各类别的占比与条数", matrixCaption: "城市之间的相似度",
    more: (n) => `再显示 ${n} 条`, failed: "数据无法载入", old: "此浏览器过旧，不能解压数据；请用 2023 年以后的浏览器打开。",
    nothing: "没有可以比较的数据。", few: (n) => `不足 ${n} 条`, zero: "没有措施",
    planned: "计划", completed: "已完成", goal: "目标", figures: "含指标",
    cell: (c) => `${c.share}，${c.k}/${c.n} 条`, interval: (a, b) => `95% 区间 ${a}–${b}`,
    measuresOf: (n) => `${n} 条措施`, ofAll: (k, n, s) => `${k} 条，占该市该年 ${n} 条措施的 ${s}`,
    absent: "没有这一类别的措施。", absentAny: "没有符合条件的措施。", elsewhere: (n) => `查看其他城市的同类措施（${n} 条）`,
    limit: "计划里没有不等于城市没有：请与计划的发布机构一起读。",
    figure: "指标", redacted: "原文隐去", until: (d) => `，${d}`, path: "标题", source: "来源", chars: "字符", agencies: "责任单位",
    probability: "概率", open: "打开原文", plan: "计划",
    same_text: "相同文本", same_action: "相同举措", possible: "可能，不计入相似度",
    similarity: "相似度", low: "区间", coveredBy: (a, b) => `${a}的措施在${b}有对应`, profile: "结构相似度", reuse: "文本重复率",
    matches: (n) => `对应的措施 ${n} 对`, matchNote: "黄底为两侧四字以上相同的文字。", noMatch: "没有对应的措施",
    allMatches: "跨城市的对应", pair: "城市对", pairTip: (a, b, s) => `${a} – ${b}：${s}`, none: "无", measuresBoth: "措施数",
    first: "前者有对应", second: "后者有对应", absentOf: (n) => `0 条，该市该年共 ${n} 条措施`, plansRead: "该市该年读到的计划：",
  },
  en: {
    city: "City", year: "Year", total: "Measures", undated: "no year", nowhere: "city unknown", all: "All categories", any: "All measures",
    coverageCaption: "Share and count by city, year and category", matrixCaption: "Similarity of cities",
    more: (n) => `Show ${n} more`, failed: "The data could not be loaded", old: "This browser cannot unpack the data; please use one from 2023 or later.",
    nothing: "There is nothing to compare.", few: (n) => `fewer than ${n}`, zero: "no measure",
    planned: "planned", completed: "completed", goal: "goal", figures: "with figures",
    cell: (c) => `${c.share}, ${c.k} of ${c.n}`, interval: (a, b) => `95% interval ${a}–${b}`,
    measuresOf: (n) => `${n} ${n === "1" ? "measure" : "measures"}`, ofAll: (k, n, s) => `${k} of the ${n} measures of this city and year, ${s}`,
    absent: "No measure in this category.", absentAny: "No measure fits.", elsewhere: (n) => `Measures of other cities in this category (${n})`,
    limit: "Absent from a plan is not absent from a city: read it with the agency that wrote the plan.",
    figure: "Figure", redacted: "left out in the source", until: (d) => ` by ${d}`, path: "Under", source: "Source", chars: "characters", agencies: "Agencies",
    probability: "probability", open: "open the source", plan: "plan",
    same_text: "same text", same_action: "same action", possible: "possible, not counted in similarity",
    similarity: "Similarity", low: "Interval", coveredBy: (a, b) => `Measures of ${a} with a match in ${b}`, profile: "Profile", reuse: "Reuse",
    matches: (n) => `${n} ${n === "1" ? "match" : "matches"}`, matchNote: "Marked: wording of four or more characters that both share.", noMatch: "no match",
    allMatches: "Matches between cities", pair: "Pair", pairTip: (a, b, s) => `${a} – ${b}: ${s}`, none: "none", measuresBoth: "Measures",
    first: "First matched", second: "Second matched", absentOf: (n) => `0 of the ${n} measures of this city and year`, plansRead: "Plans of this city and year: ",
  },
};
let lang = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "zh";
const say = (key, ...values) => {
  const words = WORDS[lang][key];
  return typeof words === "function" ? words(...values) : words;
};
