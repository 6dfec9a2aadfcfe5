"""An invented corpus and its comparison, for the tests of the report; loaded by path."""

from __future__ import annotations

import hashlib
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import pandas as pd

from planmine.codebook import load_codebook
from planmine.report.scale import SMALL

HOSTILE = '</script><img src=x onerror="window.hacked=1">'
VERBS, THINGS = (
    ("新建", "改造", "清洗", "巡查", "培训"),
    ("公厕", "绿道", "路灯", "停车泊位", "排水管道", "环卫工人"),
)


def world(
    cities: int = 4,
    per: int = 24,
    years: tuple[int, ...] = (2023, 2024),
    *,
    odd: bool = True,
    whole: bool = False,
) -> dict[str, Any]:
    """Invented tables and a comparison of them, as arguments of ``write_report``.

    Each city has ``per`` measures and one context unit a year; the first city has none in `greening`. ``whole``: the comparison has all tables. ``odd`` adds what goes wrong in life: hostile titles, texts and sources, a city of four measures, one whose name
    no font has, a plan without a year and one without a city.
    """
    codebook = load_codebook()
    codes = list(codebook.categories)
    names = [f"{a}{b}市" for a in "甲乙丙丁戊己庚辛壬癸" for b in "川原溪湖岭"][:cities]
    groups: list[tuple[Any, ...]] = [
        (name, None, year, per, f"{name}{year}年工作计划", f"plans/{name}-{year}.txt")
        for name in names
        for year in years
    ]
    if odd:
        groups += [
            ("少言市", None, 2024, 4, HOSTILE, "javascript:window.hacked=1"),
            ("𠮷田市", None, None, SMALL, "无年份的计划", "https://example.org/plan?a=1&b=2"),
            ("同名区", "110101", 2024, SMALL, "甲省同名区计划", "a.txt"),
            ("同名区", "220202", 2024, SMALL, "乙省同名区计划", '=cmd|"/c calc"!A1'),
            (None, None, 2024, 6, None, "nowhere.txt"),
        ]
    plans, measures = [], []
    for g, (city, code, year, count, title, source) in enumerate(groups):
        plan_id, position = hashlib.sha256(str(g).encode()).hexdigest()[:16], 0
        for k in range(count + 1):
            category = codes[(k * (g + 1) + k) % len(codes)]
            if category == "greening" and city == names[0]:
                category = "sanitation"
            text = f"{VERBS[k % 5]}{THINGS[(k + g) % 6]}{k + 1}处，当年完成。"
            if odd and k == 1 and city == "少言市":
                text = "<script>window.hacked=1</script>\u202e&amp;清洗公厕1处。"
            target = {
                "indicator": "处数",
                "value": float(k + 1),
                "unit": "处",
                "comparator": ">=",
                "deadline": "2024年底",
            }
            measures.append(
                {
                    "measure_id": f"{plan_id}:{position}",
                    "plan_id": plan_id,
                    "city": city,
                    "city_code": code,
                    "year": year,
                    "ordinal": k,
                    "start": position,
                    "end": position + len(text),
                    "text": text,
                    "heading_path": [title or "", "一、重点任务"],
                    "status": "context" if k == count else ("planned", "completed", "goal")[k % 3],
                    "category": category,
                    "probability": 0.5 + k / 100,
                    "labels": [category],
                    "agencies": ["市城管局"] if k % 4 == 0 else [],
                    "targets": [target | {"redacted": False, "start": position, "end": position + 4}]
                    if k % 3 == 0
                    else [],
                    "title": None,
                    "strength": None,
                }
            )
            position += len(text)
        head = [
            plan_id,
            title,
            city,
            code,
            None,
            "city",
            year,
            year,
            "市城管局",
            "plan",
            None,
            source,
            0,
            position,
        ]
        plans.append([*head, hashlib.sha256(source.encode()).hexdigest(), position, "zh"])
    texts = pd.DataFrame([{"plan_id": m["plan_id"], "text": m["text"]} for m in measures])
    texts = texts.groupby("plan_id", sort=False)["text"].agg("".join).reset_index()
    columns = "plan_id title city city_code province level year_from year_to agency doc_type published source start end"
    tables = {
        "plans": pd.DataFrame(plans, columns=[*columns.split(), "sha256", "chars", "language"]),
        "texts": texts,
        "measures": pd.DataFrame(measures).astype({"year": "Int64", "strength": "Int64"}),
        "targets": pd.DataFrame({"measure_id": ["x"], "indicator": ["@处数"], "value": [-1.5]}),
        "failures": pd.DataFrame(
            [[f"{HOSTILE}.pdf", "corpus", "no text layer", "run OCR first"]],
            columns=["file", "stage", "reason", "remedy"],
        ),
        "notices": pd.DataFrame(
            [["a.txt", plans[0][0], "title disagrees"]], columns=["file", "plan_id", "notice"]
        ),
    }
    for name in ("year_from", "year_to"):
        tables["plans"][name] = tables["plans"][name].astype("Int64")
    manifest = {
        "finished": "2026-01-02T03:04:05+00:00",
        "versions": {"planmine": "0.1.0", "pandas": pd.__version__},
        "settings": {"unit": "quasi-sentence", "seed": 1, "match_threshold": 0.5, "encoder": None},
        "models": {"coder": "abc", "encoder": "def"},
        "inputs": {},
        "result_sha256": "f" * 64,
    }
    return {
        "tables": tables,
        "comparison": compared(tables["measures"], codes, whole=whole),
        "codebook": codebook,
        "manifest": manifest,
    }


def compared(measures: pd.DataFrame, codes: list[str], *, whole: bool = False) -> SimpleNamespace:
    """A comparison of the contract's columns: the k-th measures of two cities match where k is even.

    ``whole``: with every table of the dictionary filled, themes, changes and results among them.
    """
    frame = measures[(measures["status"] != "context")].copy()
    left_out = int(frame["city"].isna().sum())
    frame = frame[frame["city"].notna()]
    twice = frame["city"].map(frame.groupby("city")["city_code"].nunique()) > 1
    frame["city"] = frame["city"].where(~twice, frame["city"] + " (" + frame["city_code"].fillna("") + ")")
    coverage = []
    for (city, year), group in frame.groupby(["city", "year"], dropna=False):
        for code in codes:
            own = group[group["category"] == code]
            share = len(own) / len(group)
            coverage.append(
                {
                    "city": city,
                    "year": year,
                    "category": code,
                    "measures": len(own),
                    "planned": int((own["status"] == "planned").sum()),
                    "completed": int((own["status"] == "completed").sum()),
                    "share": share,
                    "share_low": share / 2,
                    "share_high": min(1.0, share * 1.5),
                    "with_target": sum(map(bool, own["targets"])),
                }
            )
    matches, similarity, later = [], [], {}
    cities = sorted(set(frame["city"]))
    groups = {city: frame[frame["city"] == city] for city in cities}
    for a, b in combinations(cities, 2):
        pairs = [
            (x, y)
            for k, (x, y) in enumerate(zip(groups[a].itertuples(), groups[b].itertuples(), strict=False))
            if k % 2 == 0
        ]
        for k, (x, y) in enumerate(pairs):
            relation = "same_text" if k == 0 else "same_action"
            matches.append(
                [x.measure_id, y.measure_id, a, b, x.year, y.year, x.category, 0.8, 0.5 + k / 100, relation]
            )
        for code in ("all", *codes):
            n_a, n_b = (
                (groups[c] if code == "all" else groups[c][groups[c]["category"] == code]) for c in (a, b)
            )
            k_a = len({x.measure_id for x, _ in pairs} & set(n_a["measure_id"]))
            k_b = len({y.measure_id for _, y in pairs} & set(n_b["measure_id"]))
            known = len(n_a) > 0 and len(n_b) > 0
            share_a, share_b = k_a / max(len(n_a), 1), k_b / max(len(n_b), 1)
            mean = (share_a + share_b) / 2
            estimate = (mean, mean * 0.8, min(1.0, mean * 1.2)) if known else (None, None, None)
            profile = 0.7 if code == "all" else None
            similarity.append([a, b, code, *estimate, profile, 0.1, share_a, share_b, len(n_a), len(n_b)])
    wide = "city_a city_b category similarity low high profile_similarity reuse_share a_covered_by_b b_covered_by_a"
    match_columns = "measure_a measure_b city_a city_b year_a year_b category cosine probability relation"
    if whole:
        later = whole_tables(frame, cities)
    return SimpleNamespace(
        **later,
        settings=SimpleNamespace(count_threshold=0.5),
        coverage=_corrected(
            pd.DataFrame(coverage, columns=COVERAGE.split()).astype({"year": "Int64"}), whole
        ),
        similarity=_beyond(
            pd.DataFrame(similarity, columns=[*wide.split(), "measures_a", "measures_b"]), whole
        ),
        matches=pd.DataFrame(matches, columns=match_columns.split()),
        city_order=cities[::-1],
        left_out=left_out,
    )


COVERAGE = "city year category measures planned completed share share_low share_high with_target"


def _corrected(coverage: pd.DataFrame, whole: bool) -> pd.DataFrame:
    if not whole:
        return coverage
    share = coverage["share"] * 0.9
    return coverage.assign(corrected=share, corrected_low=share * 0.8, corrected_high=share * 1.2)


def _beyond(similarity: pd.DataFrame, whole: bool) -> pd.DataFrame:
    """Expected is constant, so that some pairs lie above it and some below."""
    if not whole:
        return similarity
    alike = similarity["similarity"].astype(float)
    return similarity.assign(with_formulae=(alike + 0.05).clip(upper=1), expected=0.2, beyond=alike - 0.2)


CHANGES = ("kept", "strengthened", "weakened", "dropped", "new")


def whole_tables(frame: pd.DataFrame, cities: list[str]) -> dict[str, pd.DataFrame]:
    """The other tables of the dictionary, of measures ``frame``: small, but of every kind."""
    of = {city: frame[frame["city"] == city] for city in cities}
    themes, members, theme_cities, gaps, adoption = [], [], [], [], []
    names = ("公厕改造", "路灯节能", "绿道串联", "<b>停车</b>泊位共享")
    for k, name in enumerate(names):
        having = cities[: max(2, len(cities) - k)]
        first = of[having[0]].iloc[k]
        themes.append([f"t{k}", name, first["category"], 5 * len(having), len(having), having[0], 2023, first["measure_id"]])  # fmt: skip
        for j, city in enumerate(having):
            example = of[city].iloc[k]["measure_id"]
            theme_cities.append([f"t{k}", city, 2023 + j % 2, 5, example])
            members += [
                [f"t{k}", row.measure_id, city, row.year, 0.6]
                for row in of[city].iloc[k : k + 5].itertuples()
            ]
        for city in cities[len(having) :]:
            gaps.append([city, f"t{k}", name, 2, 3, first["measure_id"], ("agency", "failed", "recall", "none")[k]])  # fmt: skip
        for year in (2023, 2024):
            new = sum(1 for j in range(len(having)) if 2023 + j % 2 == year)
            adopters = new if year == 2023 else len(having)
            adoption.append([f"t{k}", year, len(cities), adopters, new, new])
    changes, results, precedents, links = [], [], [], []
    for city in cities:
        before, after = (of[city][of[city]["year"] == year] for year in (2023, 2024))
        for k, (x, y) in enumerate(zip(before.itertuples(), after.itertuples(), strict=False)):
            kind = CHANGES[k % 5]
            changes.append([city, 2023, 2024, None if kind == "new" else x.measure_id, None if kind == "dropped" else y.measure_id, kind, 0.5 + k / 100, "1处 -> 2处"])  # fmt: skip
        for k, (x, y) in enumerate(zip(before.itertuples(), after.itertuples(), strict=False)):
            if k % 3 == 0:
                outcome = ("met", "missed", "unclear")[k // 3 % 3]
                results.append([city, 2023, 2024, x.measure_id, y.measure_id, "处数", "处", k + 1.0, ">=", k + 2.0, outcome, 0.7])  # fmt: skip
        for plan_id, rows in of[city].groupby("plan_id", sort=False):
            precedents.append([plan_id, city, rows["year"].iloc[0], None, len(rows), 0.4, 0.2, 0.1, 0.3])
            links.append([rows["measure_id"].iloc[0], "own", frame["measure_id"].iloc[0], 0.6])
    tables = {
        "clusters": ([[city, k // 2, 0.9] for k, city in enumerate(cities[::-1])], "city cluster stability"),
        "formulae": ([["认真贯彻落实", len(cities), 12]], "formula cities measures"),
        "themes": (themes, "theme_id label category measures cities first_city first_year medoid"),
        "theme_measures": (members, "theme_id measure_id city year strength"),
        "spread": ([["t0", cities[0], 2023, None, None, None, 0, 2, 0, 3]], "theme_id city year province province_before province_observed neighbours_before neighbours_observed elsewhere_before elsewhere_observed"),
        "shares": ([["sanitation", 5, 0.1, 40, 0.11, 0.08, 0.14]], "category measures share coded corrected corrected_low corrected_high"),
        "theme_cities": (theme_cities, "theme_id city first_year measures example"),
        "gaps": (gaps, "city theme_id label peers_with peers example reason"),
        "adoption": (adoption, "theme_id year observed adopters new active"),
        "changes": (changes, "city year_from year_to measure_from measure_to change probability evidence"),
        "results": (results, "city year_promised year_reported measure_promised measure_result indicator unit promised comparator achieved outcome probability"),
        "precedents": (precedents, "plan_id city year version measures own province peer new"),
        "precedent_links": (links, "measure_id kind measure_earlier probability"),
    }  # fmt: skip
    return {name: pd.DataFrame(rows, columns=columns.split()) for name, (rows, columns) in tables.items()}
