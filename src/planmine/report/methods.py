"""The text on methods, limits and citation, written from what the run recorded, in Chinese and English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planmine.codebook import Codebook
from planmine.report.citation import Citation
from planmine.report.findings import Findings
from planmine.report.scale import SMALL

QUALITY = Path(__file__).parent / "quality.json"  # written by scripts/quality


@dataclass(frozen=True, slots=True)
class Both:
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section: paragraphs, tables (caption, rows, the header first), rows of name and value, code blocks."""

    title: Both
    paragraphs: list[Both] = field(default_factory=list)
    tables: list[tuple[Both, list[list[str]]]] = field(default_factory=list)
    rows: list[tuple[Both, str]] = field(default_factory=list)
    code: list[tuple[str, str]] = field(default_factory=list)


def parts(findings: Findings, codebook: Codebook, manifest: Mapping[str, Any]) -> list[Part]:
    """The sections in their order."""
    return [
        _procedure(findings, codebook, manifest.get("settings", {})),
        _codebook(codebook),
        _quality(manifest.get("models", {})),
        _limits(),
        _record(codebook, manifest),
        _loading(),
        _citation(manifest),
    ]


def markdown(sections: list[Part]) -> str:
    """``methods.md``: the Chinese text, then the English one."""
    lines = []
    for lang, title in (("zh", "# 方法、质量与引用"), ("en", "# Methods, quality and citation")):
        lines += [title, ""]
        for part in sections:
            lines += [f"## {getattr(part.title, lang)}", ""]
            for paragraph in part.paragraphs:
                lines += [getattr(paragraph, lang), ""]
            for heading, rows in part.tables:
                head, *body = [f"| {' | '.join(row)} |" for row in rows]
                lines += [getattr(heading, lang), "", head, "|---" * len(rows[0]) + "|", *body, ""]
            lines += [f"- {getattr(name, lang)}: `{value}`" for name, value in part.rows] + [""] * bool(
                part.rows
            )
            for caption, code in part.code:
                lines += [caption, "", "```", code, "```", ""]
    return "\n".join(lines)


def _procedure(found: Findings, codebook: Codebook, settings: Mapping[str, Any]) -> Part:
    threshold, counted = settings.get("match_threshold", 0.25), settings.get("count_threshold", 0.5)
    sentence = settings.get("unit") == "sentence"
    unit_zh, unit_en = ("自然句", "natural sentence") if sentence else ("准句子", "quasi-sentence")
    return Part(
        title=Both("做了什么", "What was done"),
        paragraphs=[
            Both(
                f"单元：每份计划切分为{unit_zh}，共 {found.units} 个；页眉页脚、名词解释和导航不计。每个单元由程序判定状态"
                f"（计划、已完成、目标、背景）与主类别（编码手册第 {codebook.version} 版，{len(codebook.categories)} 个类别）。"
                f"背景叙述不陈述行动，不参与比较；其余 {found.measures} 个单元即本报告所称的“措施”。",
                f"Units: each plan was cut into units ({unit_en}), {found.units} in all, without page furniture, glossaries "
                f"and navigation. The program gave each a status (planned, completed, goal, context) and a main category "
                f"(codebook version {codebook.version}, {len(codebook.categories)} categories). Context states no action and "
                f"is not compared; the other {found.measures} units are the measures of this report.",
            ),
            Both(
                "覆盖：某城市某年某类别的措施数，除以该城市该年的全部措施数；区间为 95% Jeffreys 区间。"
                f"不足 {SMALL} 条的占比以灰色显示。",
                "Coverage: the measures of a city and year in a category, divided by all its measures of that year; "
                f"intervals are 95% Jeffreys intervals. Shares of fewer than {SMALL} measures are grey.",
            ),
            Both(
                f"对应：两个城市的措施由模型估计为同一举措的概率不低于 {threshold}，或文字逐字重合，即为一对对应；"
                f"须作是非判断处（如“只有某市有”），概率不低于 {counted} 的才算有对应。"
                "“相同文本”指逐字相同的部分占较短一条的大部分；其余为“相同举措”。",
                f"Matches: two measures of different cities match where a model gives {threshold} or more as the "
                "probability that they state the same action, or where their wording coincides; where it must be yes or "
                f"no (what only one city has), those of {counted} or more count. `same text`: most of the "
                "shorter one stands word for word in the other; else `same action`.",
            ),
            Both(
                "相似度：甲的措施在乙有对应的期望比例（每条取其最可能的对应的概率，再平均），与乙的措施在甲的同一比例，取平均（0 至 1）。"
                "区间为对双方措施做自助抽样的 95% 区间。城市按平均连接聚类的树状图排序。"
                "“结构相似度”为 1 减两市类别构成的 Jensen-Shannon 距离；“文本重复率”为逐字重复的文字所占比例。",
                "Similarity: the expected share of A's measures that have a match in B (the mean over them of the probability "
                "of the most probable one) and the same of B's in A, averaged (0 to 1), with a 95% bootstrap interval over the measures of both. Cities stand in the order of a "
                "dendrogram (average linkage). `Profile` is one less the Jensen-Shannon distance of the cities' shares of "
                "categories; `reuse` is the share of wording that both have verbatim.",
            ),
        ],
    )


def _codebook(codebook: Codebook) -> Part:
    rows = [
        ["", "", ""],
        *([code, f"{c.zh} / {c.en}", "；".join(c.covers)] for code, c in codebook.categories.items()),
    ]
    rows[0] = ["code", "类别 / category", "涵盖 / covers"]
    return Part(
        title=Both("编码手册", "Codebook"),
        paragraphs=[
            Both(
                f"第 {codebook.version} 版，状态 {len(codebook.statuses)} 种，类别 {len(codebook.categories)} 个；按行动的对象而非手段归类。",
                f"Version {codebook.version}: {len(codebook.statuses)} statuses and {len(codebook.categories)} categories, by the "
                "object of an action and not by its tool.",
            )
        ],
        tables=[(Both("类别", "Categories"), rows)],
    )


def _quality(models: Mapping[str, Any]) -> Part:
    """Accuracy and agreement as they were measured; whether of the coder of this run is said."""
    found = json.loads(QUALITY.read_text(encoding="utf-8"))
    same = str(models.get("coder", "")).startswith(found["coder"]) and bool(found["coder"])
    coder = found["coder"]
    whose = (
        Both("以下为本次运行所用编码模型的测得结果。", "These figures are of the coder of this run.")
        if same
        else Both(
            f"以下为编码模型 {coder} 的测得结果，不是本次运行所用的模型：请自行测量（planmine evaluate）。",
            f"These figures are of coder {coder}, which is not the one of this run: measure it (planmine evaluate).",
        )
    )
    tables = [
        (Both("准确度（括号内为 95% 区间）", "Accuracy (95% intervals in brackets)"), found["accuracy"])
    ]
    heads = ["", "units", "agreement", "Krippendorff's alpha", "95 %"]
    for name, rows in found["agreement"].items():
        caption = Both(f"编码员之间的一致性：{name}", f"Agreement of coders: {name}")
        tables.append((caption, [heads, *rows]))
    return Part(
        title=Both("编码的质量", "Quality of the coding"),
        paragraphs=[
            whose,
            Both(
                "测试材料与训练材料的城市和文件互不重叠；编码员为按书面编码规则工作的语言模型。units_f1：切分；status：状态；category：主类别；"
                "accepted：任一可接受的类别；ece：校准误差；figures：指标。",
                "No city or document is in both test and training; the coders were language models working by the written guide. "
                "units_f1: units; category: the main category; accepted: any category that a coder accepted; ece: calibration error.",
            ),
        ],
        tables=tables,
    )


def _limits() -> Part:
    return Part(
        title=Both("须知的局限", "Limits to know"),
        paragraphs=[
            Both(
                "覆盖与计数是程序判定的结果，没有按判定误差校正；区间只含抽样误差，不含判定和匹配的误差。",
                "Coverage and counts are predicted and uncorrected for the coder's errors; intervals hold sampling error "
                "only, not that of coding or matching.",
            ),
            Both(
                "随软件提供的编码模型，其训练标注由语言模型按书面编码规则完成，并非人工编码员所作。",
                "The labels that the bundled coder was trained on were made by language models following a written coding "
                "guide, not by human coders.",
            ),
            Both(
                "相似不等于扩散：两市的措施相像，可能因为上级统一部署、任务相同或文体惯例，不说明谁学习了谁。",
                "Similarity is not diffusion: cities may be alike because of orders from above, like tasks or the customs "
                "of the genre. It does not say who learned from whom.",
            ),
            Both(
                "计划里没有不等于城市没有：一份计划只写其部门职责之内的事。空缺应与计划的发布机构一起读。",
                "Absent from a plan is not absent from a city: a plan states what its agency answers for. Read gaps "
                "together with the agency that wrote the plan.",
            ),
            Both(
                "偏移量按解码后的原文字符计（从 0 起，含首不含尾），用以在来源文件中找到原句。",
                "Offsets count characters of the decoded source (from 0, end excluded), so that the words can be found.",
            ),
        ],
    )


def _record(codebook: Codebook, manifest: Mapping[str, Any]) -> Part:
    models, inputs = manifest.get("models", {}), manifest.get("inputs", {})
    rows = [
        (Both("完成时间 (UTC)", "Finished (UTC)"), str(manifest.get("finished", ""))),
        (Both("结果哈希", "Hash of the results"), str(manifest.get("result_sha256", ""))),
        (Both("编码手册", "Codebook"), f"{codebook.version}, sha256 {codebook.sha256}"),
        *[
            (Both(f"模型 {name}", f"Model {name}"), str(revision))
            for name, revision in sorted(models.items())
        ],
        (Both("输入文件", "Input files"), f"{len(inputs)} (manifest.json)"),
        *[
            (Both(f"设置 {name}", f"Setting {name}"), str(value))
            for name, value in sorted(manifest.get("settings", {}).items())
            if value is not None
        ],
        *[
            (Both(f"版本 {name}", f"Version {name}"), str(value))
            for name, value in manifest.get("versions", {}).items()
        ],
    ]
    return Part(
        title=Both("版本、设置与哈希", "Versions, settings and hashes"),
        paragraphs=[
            Both(
                "相同的输入、设置与版本得到逐字节相同的表格。每个输入文件与每张表的哈希见 manifest.json。",
                "The same input, settings and versions give the same tables, byte for byte. The hash of each input and of "
                "each table is in manifest.json.",
            )
        ],
        rows=rows,
    )


def _loading() -> Part:
    return Part(
        title=Both("载入数据", "Loading the data"),
        paragraphs=[
            Both(
                "tables/ 中每张表有 CSV（UTF-8 带 BOM，可直接用 Excel 打开）、Parquet 与 Stata（.dta，含变量与取值标签）三种格式；"
                "planmine.xlsx 是一个工作簿，每表一页，表头冻结、可筛选（除计划原文外）。CSV 中以 = + - @ 开头的文字前加了一个撇号，"
                "以免被电子表格当作公式；其余格式保留原文。figures/ 中每幅图有 SVG、PNG（印于不大于 A3 的纸上为 300 dpi）与数据；印出来小于 5 磅的数字不画，见数据。",
                "Each table in tables/ is there as CSV (UTF-8 with BOM, opens in Excel), Parquet and Stata (.dta with labels of "
                "variables and values); planmine.xlsx is one workbook, a sheet a table, with frozen headers and filters (all but the "
                "texts of plans). In CSV a text that begins with = + - @ has an apostrophe in front, so that no spreadsheet runs it "
                "as a formula; the others have the text as it is. Each chart in figures/ is there as SVG and PNG (300 dpi on paper of at most A3) with its data; "
                "numbers that would be printed smaller than 5 points are in the data only.",
            )
        ],
        code=[
            (
                "Python",
                'import pandas as pd\nmeasures = pd.read_parquet("tables/measures.parquet")\n'
                'texts = pd.read_parquet("tables/texts.parquet").set_index("plan_id")["text"]',
            ),
            (
                "R",
                'library(arrow)\nmeasures <- read_parquet("tables/measures.parquet")\n'
                '# without arrow: haven::read_dta("tables/measures.dta")\n'
                'coverage <- read.csv("tables/coverage.csv", fileEncoding = "UTF-8-BOM")',
            ),
            ("Stata", 'use "tables/coverage.dta", clear\ntabulate city category [fweight = measures]'),
        ],
    )


def _citation(manifest: Mapping[str, Any]) -> Part:
    citation = Citation.of(manifest)
    return Part(
        title=Both("如何引用", "How to cite"),
        paragraphs=[
            Both(
                f"引用本报告的数字时，请注明软件版本、生成日期（{citation.day}）与结果哈希（{citation.digest}），并引用各计划的"
                "原始来源。每条措施的页面上可以复制引文。文件：CITATION.cff、citation.bib、citation-gbt7714.txt。",
                f"When citing numbers of this report, give the version, the date ({citation.day}) and the hash of the results "
                f"({citation.digest}), and cite the plans themselves by their sources; each measure has a citation to copy. "
                "Files: CITATION.cff, citation.bib, citation-gbt7714.txt.",
            )
        ],
        code=[("GB/T 7714", citation.gbt7714), ("BibTeX", citation.bibtex), ("CITATION.cff", citation.cff)],
    )
