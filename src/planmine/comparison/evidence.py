"""Evidence that two measures state the same action, and the model that weighs it.

A logistic regression over signals and products of them. Cosine alone does not tell 新建 from 改造 of the same object, so
the kinds of action (``actions.yaml``) and the object are evidence of their own, and what is shared says less where
the actions are others. The weights are in ``match_weights/``, a file for each bundled encoder and one to re-rank with,
written by ``scripts/fit_matches.py`` with what they were fitted on.
"""

from __future__ import annotations

import json
import re
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from scipy import sparse
from scipy.special import expit, logit

from planmine.comparison.ngrams import COLUMNS, incidence
from planmine.gazetteer import place_pattern
from planmine.records import UNSURE

SIGNALS = ("cosine", "lexical", "category", "same_action", "other_action", "object", "shared", "length")
WORDS = (
    "words",
    "least",
    "weaker",
    "rest",
)  # of the measures' words one by one, where a second encoder reads them (rerank.py)
_NUMERAL = "一二三四五六七八九十百千万亿两半"
_MANY = 5.0  # log of 150 2-grams: more than all but one in a hundred measures has
SAME_TEXT = 0.8  # share of the shorter measure's characters in shared runs
REST = "other"  # the codebook's category for everything else
_DIGIT = "[0-9０-９]"
_FIGURE = re.compile(
    rf"{_DIGIT}+(?:[.．,]{_DIGIT}+)*[%％]?|[{_NUMERAL}]+(?=[个项条座处台辆名人次年月日家亩吨公里])"
)
_CLAUSE = re.compile(r"[，,；;。：:！!？?]")


@dataclass(frozen=True, slots=True)
class Verbs:
    """``pattern`` finds the words of ``actions.yaml``, longest first; ``kinds`` numbers what a verb does, ``related``
    (kinds, kinds) says which kinds may name one action; ``light`` words say how much or when."""

    pattern: re.Pattern[str]
    kinds: dict[str, set[int]]
    things: frozenset[str]
    light: frozenset[str]
    related: np.ndarray


@cache
def load_verbs() -> Verbs:
    """The verbs of planning Chinese that PlanMine brings."""
    text = resources.files("planmine.comparison").joinpath("actions.yaml").read_text(encoding="utf-8")
    lists = yaml.safe_load(text)
    kinds: dict[str, set[int]] = defaultdict(set)
    for kind, verbs in enumerate(lists["actions"].values()):
        for verb in verbs:
            kinds[verb].add(kind)
    related = np.eye(len(lists["actions"]), dtype=bool)
    number = {name: k for k, name in enumerate(lists["actions"])}
    for group in lists["related"]:
        members = [number[name] for name in group]
        related[np.ix_(members, members)] = True
    words = sorted({*kinds, *lists["light"], *lists["noun"]}, key=lambda word: (-len(word), word))
    return Verbs(
        re.compile("|".join(words)),
        dict(kinds),
        frozenset(lists["noun"]),
        frozenset(lists["light"]),
        related,
    )


def mask(text: str, city: str | None) -> str:
    """The text without figures, places and its own city's name, which do not tell one action from another."""
    for name in (city, city.rstrip("市县区")) if city else ():
        if len(name) > 1:  # the gazetteer does not know every city that a manifest names
            text = text.replace(name, "\n")
    return _FIGURE.sub("\n", place_pattern().sub("\n", text))


def read_action(text: str) -> tuple[set[int], str]:
    """The kinds of action that a text names, and its object: the first clause with one, without its verbs."""
    verbs = load_verbs()
    found: set[int] = set()
    thing = None
    for clause in _CLAUSE.split(text):
        kinds = set().union(*(verbs.kinds.get(word, ()) for word in verbs.pattern.findall(clause)))
        if thing is None or (kinds and not found):
            thing = verbs.pattern.sub(lambda word: word[0] if word[0] in verbs.things else "\n", clause)
        found |= kinds
    return found, thing or ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the signals are computed from, one row a measure (n).

    ``grams``, ``objects``: (n, g) 0/1 character 2-grams of the masked text and of the object of its first
    clause with an action, ``sizes``, ``extents``: (n,) how many; ``actions``: (n, kinds) bool; ``labels``:
    (n, categories) bool; ``category``: (n,).
    """

    grams: sparse.csr_array
    objects: sparse.csr_array
    sizes: np.ndarray
    extents: np.ndarray
    actions: np.ndarray
    labels: np.ndarray
    category: np.ndarray
    akin: np.ndarray = field(init=False)  # (n, kinds) bool: kinds related to one of its own

    def __post_init__(self) -> None:
        # here and not for each batch of pairs, of which a corpus has more the larger it is
        object.__setattr__(self, "akin", self.actions @ load_verbs().related)

    @classmethod
    def read(cls, rows: pd.DataFrame, categories: Sequence[str] | None = None) -> Evidence:
        """From measures with columns text, city, category and labels; ``categories``: all that occur, or more."""
        masked = [mask(text, city) for text, city in zip(rows["text"], rows["city"], strict=True)]
        named = [read_action(text) for text in masked]
        grams = incidence(masked + [thing for _, thing in named], 2)
        actions = np.zeros((len(rows), len(load_verbs().related)), dtype=bool)
        for row, (kinds, _) in enumerate(named):
            actions[row, list(kinds)] = True
        own = rows["category"].astype(str).tolist()
        names = sorted({*own, *(categories or ())})
        column = {name: number for number, name in enumerate(names)}
        category = np.array([column[name] for name in own], dtype=np.int64)
        labels = np.zeros((len(rows), len(names)), dtype=bool)
        for row, accepted in enumerate(rows["labels"]):
            labels[row, [column[label] for label in accepted if label in column]] = True
        labels[np.arange(len(rows)), category] = True
        # `other` is what no category covers, `unsure` what was not coded: to be so, too, is nothing in common.
        labels[:, [column[name] for name in names if name in (REST, UNSURE)]] = False
        sizes, extents = np.diff(grams.indptr).reshape(2, len(rows))
        return cls(grams[: len(rows)], grams[len(rows) :], sizes, extents, actions, labels, category)

    def arrays(self) -> dict[str, np.ndarray]:
        """All as arrays whose rows can be put under those of other measures, read with the same categories."""
        return {
            "grams": self.grams.indices,
            "objects": self.objects.indices,
            "sizes": self.sizes,
            "extents": self.extents,
            "actions": self.actions,
            "labels": self.labels,
            "category": self.category,
        }

    @classmethod
    def joined(cls, parts: Sequence[dict[str, np.ndarray]]) -> Evidence:
        """The evidence of many measures from ``arrays`` of some."""
        whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

        def matrix(indices: np.ndarray, sizes: np.ndarray) -> sparse.csr_array:
            ends = np.concatenate([[0], np.cumsum(sizes)])
            ones = np.ones(len(indices), dtype=np.int8)
            return sparse.csr_array((ones, indices, ends), shape=(len(sizes), COLUMNS))

        whole["grams"] = matrix(whole["grams"], whole["sizes"])
        whole["objects"] = matrix(whole["objects"], whole["extents"])
        return cls(**whole)

    def signals(self, i: np.ndarray, j: np.ndarray, cosine: np.ndarray) -> np.ndarray:
        """(p, 8) SIGNALS of the pairs (i, j), each about 0..1 but the cosine, none changed by swapping them.

        ``lexical``: containment of character 2-grams (Broder 1997) in the shorter text; ``category``: 1 the
        same main category, 0.5 a label in common, `other` apart; ``same_action``: Jaccard overlap of the kinds of action;
        ``other_action``: 1 where both name kinds and none of the one is related to one of the other; ``object``: share of the one's object
        that stands in the other's text, mean of both directions; ``shared``, ``length``: how many 2-grams both have, and
        the shorter text has, on a scale of logarithms.
        """
        shared = _overlap(self.grams, self.grams, i, j)
        same = (self.category[i] == self.category[j]) & self.labels[i, self.category[i]]
        common = (self.actions[i] & self.actions[j]).sum(axis=1)
        either = (self.actions[i] | self.actions[j]).sum(axis=1)
        both = self.actions[i].any(axis=1) & self.actions[j].any(axis=1)
        akin = (self.akin[i] & self.actions[j]).any(axis=1)
        there = _overlap(self.objects, self.grams, i, j) / np.maximum(self.extents[i], 1)
        back = _overlap(self.objects, self.grams, j, i) / np.maximum(self.extents[j], 1)
        shorter = np.minimum(self.sizes[i], self.sizes[j])
        columns = {
            "cosine": cosine,
            "lexical": shared / np.maximum(shorter, 1),
            "category": np.where(same, 1.0, 0.5 * (self.labels[i] & self.labels[j]).any(axis=1)),
            "same_action": common / np.maximum(either, 1),
            "other_action": both & ~akin,
            "object": (there + back) / 2,
            "shared": np.log1p(shared) / _MANY,
            "length": np.log1p(shorter) / _MANY,
        }
        return np.column_stack([columns[name] for name in SIGNALS]).astype(np.float64)


def _overlap(left: sparse.csr_array, right: sparse.csr_array, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """(p,) how many 2-grams row i of the one shares with row j of the other."""
    return np.diff(sparse.csr_array(left[i].multiply(right[j])).indptr)


def _weights() -> Path:
    return Path(__file__).parent / "match_weights"


def terms(words: bool) -> list[str]:
    """Names of what is weighed: of signals, and ``a*b`` of the product of two.

    Without ``words``: six signals, and whether the object is shared where the actions are others.
    With them: WORDS and the SIGNALS that do not count shared characters, since words laid side by side tell that better; and
    the product of each two but the cosine's, so that with all else equal the nearer pair is the more probable one.
    """
    if not words:
        return [*SIGNALS[:6], "other_action*object"]
    names = [*(name for name in SIGNALS if name not in ("lexical", "shared")), *WORDS]
    return names + [f"{a}*{b}" for a, b in combinations_with_replacement(names[1:], 2)]


@dataclass(frozen=True, slots=True)
class MatchModel:
    """A weight for each of some ``terms``. They hold for the encoder they were fitted with, which ``about`` names."""

    intercept: float
    weights: dict[str, float]
    about: dict[str, Any]

    @classmethod
    def load(cls, path: str | Path | None = None) -> MatchModel:
        """Read a file of ``scripts/fit_matches.py``; without ``path`` the weights for the bundled encoder."""
        source = Path(path) if path else _weights() / "static-zh.json"
        try:
            data = json.loads(source.read_text(encoding="utf-8"))
            weights = {name: float(weight) for name, weight in data["weights"].items()}
            if set(weights) not in (set(terms(False)), set(terms(True))):
                raise ValueError(f"terms {', '.join(weights)}")
            return cls(float(data["intercept"]), weights, data["about"])
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{source}: no weights of the match model ({error!r}); write it with scripts/fit_matches.py"
            ) from error

    @classmethod
    def of(cls, revision: str, *, words: bool = False) -> MatchModel:
        """The weights fitted with the encoder of this revision; ``words``: those that weigh WORDS, too, to re-rank.

        For an encoder that PlanMine has none for, those of the bundled one (of the bundled re-ranker), with a warning:
        probabilities then are not calibrated.
        """
        models = [cls.load(file) for file in sorted(_weights().glob("*.json"))]
        models = [model for model in models if words == (WORDS[0] in model.weights)]
        for model in models:
            if model.about.get("revision") == revision:
                return model
        warnings.warn(
            "no match weights were fitted with this encoder: probabilities are those of the bundled one's weights "
            "and not calibrated. scripts/fit_matches.py fits weights; pass them as match_model",
            stacklevel=2,
        )
        return models[0] if words else cls.load()

    def probability(self, signals: np.ndarray) -> np.ndarray:
        """(..., s) signals, SIGNALS first and then WORDS if any, to (...) probabilities of the same action."""
        column = dict(zip(SIGNALS + WORDS, np.moveaxis(signals, -1, 0), strict=False))
        score = np.full(signals.shape[:-1], self.intercept)
        for term, weight in self.weights.items():
            first, _, second = term.partition("*")
            score += weight * (column[first] * column[second] if second else column[first])
        return expit(score)

    def least_cosine(self, probability: float) -> float:
        """A cosine below which no pair reaches ``probability``, whatever its other signals (0..1)."""
        best = self.intercept + sum(
            max(weight, 0.0) for term, weight in self.weights.items() if term != "cosine"
        )
        slope = self.weights["cosine"]
        return float((logit(probability) - best) / slope) if slope > 0 else -1.0


def weigh(model: MatchModel, signals: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(p,) probabilities of pairs with these signals and shares of copied text, and (p,) bool: the same text.

    What stands word for word in both is the same action whatever its frame of other words.
    """
    probability, same_text = model.probability(signals), share >= SAME_TEXT
    return np.where(same_text, np.maximum(probability, share), probability), same_text
