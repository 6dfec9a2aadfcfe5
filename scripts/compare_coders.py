"""Compare families of coders on folds disjoint by city and document, and write evaluation/families.json.

    python scripts/compare_coders.py --source DIR [--e5zh DIR] [--share 0.4]

DIR holds the city work reports that corpus/labelled/README.md names; e5zh is the folder that
``python scripts/encoder e5zh`` builds. docs/quality.md shows the result (scripts/quality). What was measured on the same
units is kept after each family, so that a run that is stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse
from train_coder import ROOT, labels_hash, metrics, read_readings

from planmine.codebook import load_codebook
from planmine.coding import network
from planmine.coding.features import terms
from planmine.coding.surroundings import softmax
from planmine.coding.training import (
    BLOCKS,
    TASKS,
    Design,
    Reading,
    Recipe,
    Row,
    examples,
    fit,
    rows_of,
    split,
    target_of,
    temperature,
    train,
    vocabulary_of,
)
from planmine.embedding import load_encoder

Encode = Callable[[Sequence[str]], np.ndarray]
Scores = dict[str, np.ndarray]
KEPT = ROOT / "evaluation" / "families.json"
SHIPPED = "stack and networks, with context and second pass (shipped)"
Family = Callable[[Sequence[Row], Sequence[Row], dict[str, list[str]]], Scores]
# What a reader of the codebook would look for; the objects that it names and their plain synonyms.
KEYWORDS = {
    "sanitation": "垃圾 环卫 保洁 清扫 公厕 厕所 渣土 清运 人居环境 填埋 焚烧",
    "greening": "绿化 园林 公园 树 花 绿地 绿道 森林 林业 湿地 造林 自然保护区",
    "traffic": "交通 道路 公路 铁路 停车 公交 拥堵 车辆 机场 地铁 港口",
    "party_building": "党 廉 支部 主题教育 纪律 巡察 理论学习",
    "street_order": "摊 占道 广告 违建 违法建设 噪声 市容 门前三包 油烟 集贸市场",
    "public_facilities": "路灯 照明 管网 排水 井盖 海绵 人行道 路面 内涝 桥梁",
    "public_health": "卫生 疫情 医院 医疗 消毒 病媒 除四害 疾病 健康",
    "digital_governance": "数字 平台 智慧 数据 信息化 系统 监控 标准",
    "public_engagement": "宣传 志愿 满意 热线 群众参与 投诉 媒体 文明",
    "workforce": "队伍 培训 招聘 编制 工资 职工 人员 执法人员",
    "organisation": "领导小组 考核 督查 责任制 机制 经费 联席 分工 招标 协调 政府职能",
}
STATUS_KEYWORDS = {
    "completed": "累计 已 完成了 共 同比 增长 达到",
    "goal": "目标 实现 更加",
    "context": "问题 不足 各位代表 意味着 是",
}


def majority(train: Sequence[Row], test: Sequence[Row], classes: dict[str, list[str]]) -> Scores:
    """The share of each class among the training rows, whatever the unit says."""
    found = {}
    for task in TASKS:
        share = np.array([sum(target_of(r, task) == c for r in train) + 1 for c in classes[task]], float)
        found[task] = np.tile(np.log(share / share.sum()), (len(test), 1))
    return found


def keywords(train: Sequence[Row], test: Sequence[Row], classes: dict[str, list[str]]) -> Scores:
    """Words of the codebook counted in the unit; without one, planned and other."""

    def counts(words: dict[str, str], names: list[str], rest: str) -> np.ndarray:
        rows = np.array(
            [[sum(r.own.count(w) for w in words.get(n, "").split()) for n in names] for r in test], float
        )
        rows[:, names.index(rest)] += 0.5
        return rows

    return {
        "status": counts(STATUS_KEYWORDS, classes["status"], "planned"),
        "category": counts(KEYWORDS, classes["category"], "other"),
    }


class Linear:
    """Multinomial logistic regression over what ``features`` makes of rows, fitted once for each task."""

    def __init__(self, features: Callable[[Sequence[Row], Sequence[Row]], tuple], recipe: Recipe) -> None:
        self.features, self.recipe = features, recipe

    def __call__(self, train: Sequence[Row], test: Sequence[Row], classes: dict[str, list[str]]) -> Scores:
        seen, new = self.features(train, test)
        found = {}
        for task in TASKS:
            model = fit(seen, [target_of(r, task) for r in train], np.ones(len(train)), self.recipe)
            scores = np.full((len(test), len(classes[task])), -20.0)
            scores[:, [classes[task].index(name) for name in model.classes_]] = model.decision_function(new)
            found[task] = scores
        return found


def tfidf(context: bool) -> Callable[[Sequence[Row], Sequence[Row]], tuple]:
    """Words and character pairs by TF-IDF, of the unit alone or also of headings and neighbours."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    blocks = BLOCKS if context else ("own",)

    def features(train: Sequence[Row], test: Sequence[Row]) -> tuple:
        parts: list[list] = [[], []]
        for block in blocks:
            counter = TfidfVectorizer(analyzer=terms, min_df=2, sublinear_tf=True)
            parts[0].append(counter.fit_transform([r.text(block) for r in train]))
            parts[1].append(counter.transform([r.text(block) for r in test]))
        return tuple(
            sparse.hstack([*part, cues(rows, context)]).tocsr()
            for part, rows in zip(parts, (train, test), strict=True)
        )

    return features


def vectors(encode: Encode, context: bool) -> Callable[[Sequence[Row], Sequence[Row]], tuple]:
    """Vectors of an encoder, of the unit alone or also of headings and neighbours."""
    memory: dict[str, np.ndarray] = {}

    def of(rows: Sequence[Row]) -> sparse.csr_matrix:
        blocks = BLOCKS if context else ("own",)
        texts = {r.text(b) for r in rows for b in blocks if r.text(b)} - set(memory)
        todo = sorted(texts, key=lambda text: (len(text), text))
        if todo:
            memory.update(zip(todo, encode(todo), strict=True))
        zero = np.zeros_like(next(iter(memory.values())))
        dense = [np.stack([memory.get(r.text(b), zero) for r in rows]) * 4 for b in blocks]
        return sparse.csr_matrix(np.hstack([*dense, cues(rows, context).toarray()]))

    return lambda train, test: (of(train), of(test))


def stack(encode: Encode, recipe: Recipe, context: bool) -> Callable[[Sequence[Row], Sequence[Row]], tuple]:
    """The regression that is shipped: counts, shared heading evidence, cues, lexicon and static vectors."""

    def features(train: Sequence[Row], test: Sequence[Row]) -> tuple:
        if not context:
            train, test = ([bare(row) for row in rows] for rows in (train, test))
        design = Design(vocabulary_of(train, recipe.min_count), encode)
        return design.matrix(train), design.matrix(test)

    return features


def networks(encode: Encode, recipe: Recipe) -> Family:
    """The networks alone, with context."""

    def scores(train: Sequence[Row], test: Sequence[Row], classes: dict[str, list[str]]) -> Scores:
        design = Design(vocabulary_of(train, recipe.min_count), encode)
        found = network.fit(
            examples(train, np.ones(len(train)), design, classes, recipe.network), recipe.network
        )
        new = examples(test, np.ones(len(test)), design, classes, recipe.network)
        total = dict.fromkeys(TASKS, np.zeros(()))
        for net in found:
            terms = net.embed(new.counts)
            blocks = sum(net.project(terms, new.vectors, b)[new.places[b]] for b in BLOCKS)
            total = {task: total[task] + net.read(blocks, new.cues, task) / len(found) for task in TASKS}
        return total

    return scores


def bare(row: Row) -> Row:
    """The row without headings, neighbours and cues."""
    return replace(row, before="", after="", near="", above="", cues=np.zeros_like(row.cues))


def cues(rows: Sequence[Row], context: bool) -> sparse.csr_matrix:
    stacked = np.stack([row.cues for row in rows])
    return sparse.csr_matrix(stacked if context else np.zeros_like(stacked))


def calibrated(readings: Sequence[Reading], scores: Scores, classes: dict[str, list[str]]) -> Scores:
    """Probabilities of held-out scores, after one temperature a task for all rows."""
    found = {}
    for task in TASKS:
        truth = np.array([classes[task].index(target_of(row, task)) for row in rows_of(readings)])
        found[task] = softmax(scores[task] / temperature(scores[task], truth))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--e5zh", type=Path, help="Folder of e5zh; without it that family is left out.")
    parser.add_argument("--share", type=float, default=1.0, help="Share of the plans, drawn at random.")
    options = parser.parse_args()
    codebook, recipe, readings = load_codebook(), Recipe(), read_readings(options.source)
    drawn = np.random.default_rng(recipe.seed).random(len(readings)) < options.share
    readings = [reading for reading, kept in zip(readings, drawn, strict=True) if kept]
    classes = {"status": list(codebook.statuses), "category": list(codebook.categories)}
    static = load_encoder().encode
    families: dict[str, Family] = {"majority": majority, "keyword codebook": keywords}
    for context in (False, True):
        said = "with context" if context else "unit alone"
        families[f"TF-IDF, {said}"] = Linear(tfidf(context), recipe)
        families[f"static vectors, {said}"] = Linear(vectors(static, context), recipe)
        if options.e5zh:
            e5zh = load_encoder(str(options.e5zh)).encode
            families[f"e5zh vectors, {said}"] = Linear(vectors(e5zh, context), recipe)
        families[f"stack, {said}"] = Linear(stack(static, recipe, context), recipe)
    families["networks, with context"] = networks(static, recipe)
    sizes = Counter(r.genre for r in readings for _ in r.coded)
    made_of = {"units": dict(sizes), "folds": recipe.folds, "labels": labels_hash()}
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else {}
    results: dict[str, dict] = kept["families"] if made_of.items() <= kept.items() else {}

    def keep(name: str, chances: Scores) -> None:
        results[name] = metrics(readings, chances, classes)
        KEPT.write_text(json.dumps({**made_of, "families": results}, indent=1) + "\n", encoding="utf-8")
        print(name, json.dumps(results[name]), flush=True)

    for name, family in families.items():
        if name not in results:
            scores = held_out(family, readings, classes, recipe)
            keep(name, calibrated(readings, scores, classes))
    if SHIPPED not in results:
        keep(SHIPPED, train(readings, codebook, static, recipe)[1])


def held_out(
    family: Family, readings: Sequence[Reading], classes: dict[str, list[str]], recipe: Recipe
) -> Scores:
    """Scores (coded rows, classes) of each task, from folds without the row's city or document."""
    of = np.repeat(np.arange(len(readings)), [len(r.coded) for r in readings])
    held = {t: np.zeros((len(of), len(classes[t]))) for t in TASKS}
    for seen, new in split(readings, recipe):
        found = family(rows_of([readings[i] for i in seen]), rows_of([readings[i] for i in new]), classes)
        for task in TASKS:
            held[task][np.isin(of, new)] = found[task]
    return held


if __name__ == "__main__":
    main()
