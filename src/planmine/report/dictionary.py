"""The tables of a report: their columns, and what each is called in a spreadsheet, in Stata and in the page.

The order of ``TABLES`` is the order of the workbook's sheets. A table that a comparison does not bring is
there without rows, so that a script that reads it does not fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

# Table -> (its name in Chinese, in English, its columns). docs/data-dictionary.md says what each column means.
TABLES: dict[str, tuple[str, str, str]] = {
    "plans": ("计划", "plans", "plan_id title city city_code province level year_from year_to agency doc_type published source start end sha256 chars language url"),
    "measures": ("措施", "measures", "measure_id plan_id city city_code year ordinal start end text heading_path status category probability labels agencies targets title strength"),
    "targets": ("指标", "figures", "measure_id city year category status indicator value unit canonical_value canonical_unit comparator deadline baseline redacted start end"),
    "coverage": ("覆盖", "coverage", "city year category measures planned completed share share_low share_high with_target corrected corrected_low corrected_high"),
    "similarity": ("相似度", "similarity", "city_a city_b category similarity low high profile_similarity reuse_share a_covered_by_b b_covered_by_a measures_a measures_b with_formulae expected beyond"),
    "matches": ("对应", "matches", "measure_a measure_b city_a city_b year_a year_b category cosine probability relation"),
    "clusters": ("城市群组", "clusters of cities", "city cluster stability"),
    "formulae": ("套语", "set phrases", "formula cities measures"),
    "themes": ("主题", "themes", "theme_id label category measures cities first_city first_year medoid"),
    "theme_measures": ("主题的措施", "measures of a theme", "theme_id measure_id city year strength"),
    "theme_cities": ("主题与城市", "cities of a theme", "theme_id city first_year measures example"),
    "gaps": ("空缺", "gaps", "city theme_id label peers_with peers example reason"),
    "adoption": ("采纳", "adoption", "theme_id year observed adopters new active"),
    "spread": ("扩散", "spread", "theme_id city year province province_before province_observed neighbours_before neighbours_observed elsewhere_before elsewhere_observed"),
    "shares": ("校正后的占比", "corrected shares", "category measures share coded corrected corrected_low corrected_high"),
    "changes": ("变化", "changes", "city year_from year_to measure_from measure_to change probability evidence"),
    "results": ("承诺与结果", "promises and results", "city year_promised year_reported measure_promised measure_result indicator unit promised comparator achieved outcome probability"),
    "precedents": ("先例", "precedents", "plan_id city year version measures own province peer new"),
    "precedent_links": ("先例的对应", "links of precedents", "measure_id kind measure_earlier probability"),
    "failures": ("未能读入", "not read", "file stage reason remedy"),
    "notices": ("提示", "notices", "file plan_id notice"),
}  # fmt: skip
COMPARED = "coverage shares similarity matches clusters formulae themes theme_measures theme_cities gaps adoption spread changes results precedents precedent_links".split()  # fmt: skip

# Column -> what it is called, in Chinese and English (at most 80 characters, as Stata has it).
LABELS: dict[str, tuple[str, str]] = {
    "plan_id": ("计划编号", "plan"), "title": ("标题", "title"), "city": ("城市", "city"),
    "city_code": ("行政区划代码", "code of the place (GB/T 2260)"), "province": ("省份", "province"),
    "level": ("级别", "level of government"), "year_from": ("起始年", "first year"), "year_to": ("终止年", "last year"),
    "agency": ("机构", "agency"), "doc_type": ("文件类型", "type of document"), "published": ("发布日期", "date published"),
    "source": ("来源", "source"), "start": ("起始字符", "first character in the source"),
    "end": ("终止字符", "end in the source, excluded"), "sha256": ("来源文件哈希", "sha256 of the source"),
    "chars": ("字符数", "characters"), "language": ("语言", "language"), "url": ("网址", "address"),
    "measure_id": ("措施编号", "measure"), "year": ("年份", "year"), "ordinal": ("序号", "place in the plan"),
    "text": ("原文", "text"), "heading_path": ("标题路径", "headings above"), "status": ("状态", "status"),
    "category": ("类别", "category"), "probability": ("概率", "probability"), "labels": ("全部类别", "all categories"),
    "agencies": ("责任单位", "agencies responsible"), "targets": ("指标", "figures"), "strength": ("承诺强度", "strength of commitment"),
    "indicator": ("指标名称", "indicator"), "value": ("数值", "value"), "unit": ("单位", "unit"),
    "canonical_value": ("换算后数值", "value in the canonical unit"), "canonical_unit": ("标准单位", "canonical unit"),
    "comparator": ("比较符", "comparator"), "deadline": ("期限", "deadline"), "baseline": ("基数", "baseline"),
    "redacted": ("原文隐去", "left out in the source"), "measures": ("措施数", "measures"), "planned": ("计划数", "planned"),
    "completed": ("已完成数", "completed"), "share": ("占比", "share"), "share_low": ("占比下限", "share, lower 95%"),
    "share_high": ("占比上限", "share, upper 95%"), "with_target": ("含指标数", "measures with a figure"),
    "corrected": ("校正占比", "share, corrected for coding errors"), "corrected_low": ("校正下限", "corrected share, lower 95%"),
    "corrected_high": ("校正上限", "corrected share, upper 95%"), "city_a": ("城市甲", "first city"), "city_b": ("城市乙", "second city"),
    "similarity": ("相似度", "similarity without set phrases"), "low": ("下限", "lower 95%"), "high": ("上限", "upper 95%"),
    "profile_similarity": ("结构相似度", "similarity of attention"), "reuse_share": ("文本重复率", "share of wording reused"),
    "a_covered_by_b": ("甲在乙有对应", "share of the first city's measures matched"),
    "b_covered_by_a": ("乙在甲有对应", "share of the second city's measures matched"),
    "measures_a": ("甲的措施数", "measures of the first city"), "measures_b": ("乙的措施数", "measures of the second city"),
    "with_formulae": ("含套语的相似度", "similarity with set phrases"), "expected": ("期望相似度", "similarity expected by chance"),
    "beyond": ("超出期望", "similarity beyond expectation"), "measure_a": ("措施甲", "first measure"), "measure_b": ("措施乙", "second measure"),
    "year_a": ("甲的年份", "year of the first"), "year_b": ("乙的年份", "year of the second"), "cosine": ("余弦", "cosine of the vectors"),
    "relation": ("关系", "relation"), "cluster": ("群组", "cluster"), "stability": ("稳定性", "stability under the bootstrap"),
    "formula": ("套语", "set phrase"), "cities": ("城市数", "cities"), "theme_id": ("主题编号", "theme"), "label": ("主题", "name of the theme"),
    "first_city": ("首见城市", "first city"), "first_year": ("首见年", "first year"), "medoid": ("代表措施", "most central measure"),
    "example": ("例", "example"), "peers_with": ("有此主题的同类城市", "peers that have it"), "peers": ("同类城市数", "peers"),
    "reason": ("可能原因", "possible reason"), "observed": ("有计划的城市", "cities with a plan that year"),
    "adopters": ("累计采纳", "adopters so far"), "new": ("新", "new"), "measure_from": ("前一年措施", "measure before"),
    "measure_to": ("后一年措施", "measure after"), "change": ("变化", "change"), "evidence": ("依据", "evidence"),
    "year_promised": ("承诺年", "year of the promise"), "year_reported": ("报告年", "year of the report"),
    "measure_promised": ("承诺", "measure that promises"), "measure_result": ("结果", "measure that reports"),
    "promised": ("承诺值", "value promised"), "achieved": ("实现值", "value achieved"), "outcome": ("结果判定", "outcome"),
    "active": ("该年提到的城市", "cities that state it that year"), "coded": ("人工编码数", "measures coded by hand"),
    "province_before": ("本省此前已采纳", "adopters of its province before"), "province_observed": ("本省可见城市", "cities of its province seen before"),
    "neighbours_before": ("邻近城市此前已采纳", "adopting neighbours before"), "neighbours_observed": ("可见的邻近城市", "neighbours seen before"),
    "elsewhere_before": ("他处此前已采纳", "adopters elsewhere before"), "elsewhere_observed": ("他处可见城市", "cities elsewhere seen before"),
    "version": ("版本", "version"), "own": ("本市先例", "share with an earlier plan of its own"),
    "peer": ("同类先例", "share with an earlier plan of a peer"), "kind": ("类型", "kind"), "measure_earlier": ("先前措施", "earlier measure"),
    "file": ("文件", "file"), "stage": ("阶段", "stage"), "remedy": ("办法", "remedy"), "notice": ("提示", "notice"),
}  # fmt: skip
# What the codes of a column are called; category names come from the codebook.
CODES: dict[str, dict[str, tuple[str, str]]] = {
    "status": {"planned": ("计划", "planned"), "completed": ("已完成", "completed"), "goal": ("目标", "goal"), "context": ("背景", "context")},
    "relation": {"same_text": ("相同文本", "same text"), "same_action": ("相同举措", "same action")},
    "change": {"kept": ("保留", "kept"), "strengthened": ("加强", "strengthened"), "weakened": ("减弱", "weakened"), "dropped": ("不再提及", "dropped"), "new": ("新增", "new")},
    "outcome": {"met": ("实现", "met"), "missed": ("未实现", "missed"), "unclear": ("不明", "unclear")},
    "reason": {"agency": ("或由其他机构负责", "another agency may answer for it"), "failed": ("有文件未能读入", "a document was not read"), "recall": ("程序可能漏判", "the program may have missed it"), "none": ("未见其他原因", "no other reason seen")},
    "doc_type": {"plan": ("计划", "plan"), "summary": ("总结", "summary"), "mixed": ("总结与计划", "summary and plan"), "essay": ("文章", "essay")},
}  # fmt: skip


def compared(comparison: Any) -> dict[str, pd.DataFrame]:
    """The tables of a comparison by name; those it lacks, and columns they lack, are there and empty."""
    return {name: _whole(name, getattr(comparison, name, None)) for name in COMPARED}


def _whole(name: str, table: pd.DataFrame | None) -> pd.DataFrame:
    columns = TABLES[name][2].split()
    if table is None:
        return pd.DataFrame({column: pd.Series(dtype="object") for column in columns})
    lacking = {column: None for column in columns if column not in table}
    return table.assign(**lacking) if lacking else table


def label(column: str, language: str) -> str:
    """What a column is called; its own name where it has no other."""
    names = LABELS.get(column)
    return names[0 if language == "zh" else 1] if names else column


def code_names(column: str, categories: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What the codes of a column are called, in Chinese and English; empty where it holds none."""
    if column == "category":
        return {"all": ("全部", "all"), **{code: (c.zh, c.en) for code, c in categories.items()}}
    return CODES.get(column, {})
