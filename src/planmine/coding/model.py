"""The coder: status and category of every measure of a plan, with calibrated probabilities.

A multinomial logistic regression (scikit-learn; see training.py) and small networks (network.py) over counts of the
unit, its neighbours and headings, cues of section and grammar, terms of a lexicon, and vectors of a static encoder;
then a second pass over the codes of the units around (surroundings.py). Only the weights are kept, as safetensors,
so that coding needs neither scikit-learn, PyTorch nor a pickle.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from scipy import sparse

from planmine.bundled import model_folder, revision
from planmine.coding import features, network, surroundings
from planmine.records import UNSURE, Status, Unit

FORMAT = 4
Encode = Callable[[Sequence[str]], np.ndarray]
TASKS = ("status", "category")


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """What the coder gives a measure: ``labels`` are all categories above the threshold, the main first.

    Where the coder abstains ``category`` is ``UNSURE``, ``probability`` that of its best guess, and ``labels``
    begin with ``UNSURE``, the best guess second.
    """

    status: Status
    status_probability: float
    category: str
    probability: float
    labels: tuple[str, ...]


class Coder:
    """Weights and vocabulary of a trained coder. ``encode`` gives unit vectors where the model uses them."""

    def __init__(
        self,
        weights: dict[str, np.ndarray],
        vocabulary: features.Vocabulary,
        config: dict,
        encode: Encode | None = None,
        version: str = "untracked",
    ) -> None:
        self.weights, self.vocabulary, self.config = weights, vocabulary, config
        self.networks = network.loaded(weights)
        self.revision = version
        self._encode = encode
        if config["dimensions"] and encode is None:
            raise ValueError("this coder reads vectors: give it the encoder that it was trained with")

    @classmethod
    def load(cls, folder: str | Path | None = None, encode: Encode | None = None) -> Coder:
        """The coder in ``folder``, by default the bundled one. Raises ValueError for another format."""
        place = Path(folder) if folder else model_folder("coder")
        config = json.loads((place / "config.json").read_text(encoding="utf-8"))
        if config.get("format") != FORMAT:
            raise ValueError(f"{place}: coder format {config.get('format')}, this PlanMine reads {FORMAT}")
        terms = (place / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
        weights = {k: v.astype(np.float32) for k, v in load_file(place / "model.safetensors").items()}
        return cls(weights, features.Vocabulary(terms), config, encode, revision(place))

    def save(self, folder: Path) -> None:
        """Write weights (float16), vocabulary and configuration."""
        folder.mkdir(parents=True, exist_ok=True)
        halves = {k: np.ascontiguousarray(v.astype(np.float16)) for k, v in sorted(self.weights.items())}
        save_file(halves, folder / "model.safetensors")
        (folder / "vocabulary.txt").write_text("\n".join(self.vocabulary.terms), encoding="utf-8")
        text = json.dumps(self.config, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / "config.json").write_text(text + "\n", encoding="utf-8")

    def code(self, units: Sequence[Unit], *, abstain: float = 0.0) -> list[Codes]:
        """Codes of the measures among the units of one plan, in their order."""
        return self.code_many([units], abstain=abstain)[0]

    def code_many(self, plans: Sequence[Sequence[Unit]], *, abstain: float = 0.0) -> list[list[Codes]]:
        """Codes of several plans at once: the same as one by one, and faster.

        A measure whose best category has a probability below ``abstain`` is left ``UNSURE`` (selective
        classification, Chow 1970, IEEE Transactions on Information Theory 16(1)).
        """
        sizes, status, category = self.probabilities(plans)
        statuses, categories = self.config["classes"]["status"], self.config["classes"]["category"]
        threshold = self.config["label_threshold"]
        best_s, best_c = status.argmax(axis=1), category.argmax(axis=1)
        order = np.argsort(-category, axis=1, kind="stable")
        codes = []
        for row in range(len(status)):
            main = int(best_c[row])
            more = (int(c) for c in order[row] if c != main and category[row, c] >= threshold)
            labels = (categories[main], *(categories[c] for c in more))
            probability = round(float(category[row, main]), 4)
            if probability < abstain:
                labels = (UNSURE, *labels)
            codes.append(
                Codes(
                    status=statuses[best_s[row]],
                    status_probability=round(float(status[row, best_s[row]]), 4),
                    category=labels[0],
                    probability=probability,
                    labels=labels,
                )
            )
        ends = np.cumsum(sizes)
        return [codes[end - size : end] for end, size in zip(ends, sizes, strict=True)]

    def probabilities(self, plans: Sequence[Sequence[Unit]]) -> tuple[list[int], np.ndarray, np.ndarray]:
        """Measures of each plan, and probabilities (n, statuses) and (n, categories), rows summing to 1."""
        contexts = [features.context_of(units) for units in plans]
        places = places_of(contexts)
        results = []
        for task, scores in self.scores(contexts, places).items():
            weights, heat = self.weights[f"{task}.around"], self.config["temperature"][task]
            seen = self.around(task, scores, places)
            chance = surroundings.softmax(surroundings.combine(seen, weights) / heat)
            results.append(surroundings.for_short_plans(surroundings.softmax(seen[0]), chance, places.plan))
        return [len(context.own) for context in contexts], results[0], results[1]

    def around(self, task: str, scores: np.ndarray, places: surroundings.Places) -> np.ndarray:
        """What the second pass sees of the first one's scores (n, classes): (VIEWS, n, classes)."""
        return surroundings.views(scores / self.config["first_temperature"][task], places)

    def scores(
        self, contexts: Sequence[features.Context], places: surroundings.Places
    ) -> dict[str, np.ndarray]:
        """Scores (n, classes) of the first pass, by task: the regression's plus the networks' mean."""
        own = _Counted.of([text for c in contexts for text in c.own], self)
        near = _Counted.of([text for c in contexts for text in c.near], self, repeated=True)
        above = _Counted.of([text for c in contexts for text in c.above], self, repeated=True)
        cues = np.concatenate([c.cues for c in contexts]) if contexts else np.zeros((0, 0), np.float32)
        results = {}
        for task in TASKS:
            score = cues @ self.weights[f"{task}.cues"] + self.weights[f"{task}.bias"]
            score = score + own.score(task, "own", self) + near.score(task, "near", self)
            score += above.score(task, "above", self)
            score += surroundings.shift(own.score(task, "before", self), 1, places.plan)
            score += surroundings.shift(own.score(task, "after", self), -1, places.plan)
            results[task] = score
        for net in self.networks:
            total = sum(
                block.project(net, name) for block, name in ((own, "own"), (near, "near"), (above, "above"))
            )
            total = total + surroundings.shift(own.project(net, "before"), 1, places.plan)
            total += surroundings.shift(own.project(net, "after"), -1, places.plan)
            for task in TASKS:
                results[task] = results[task] + net.read(total, cues, task) / len(self.networks)
        return results

    def _vectors(self, texts: Sequence[str]) -> np.ndarray | None:
        if not self.config["dimensions"]:
            return None
        assert self._encode is not None
        if not texts:
            return np.zeros((0, self.config["dimensions"]), np.float32)
        vectors = self._encode(texts)
        return np.where(np.asarray([bool(text) for text in texts])[:, None], vectors, 0)


def places_of(contexts: Sequence[features.Context]) -> surroundings.Places:
    """Where the measures of some plans stand."""
    plan = np.repeat(np.arange(len(contexts)), [len(c.own) for c in contexts])
    near, above = [t for c in contexts for t in c.near], [t for c in contexts for t in c.above]
    return surroundings.places_of(plan, near, above)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Texts counted once, scored under the weights of any block; repeated texts share their row."""

    counts: sparse.csr_matrix
    vectors: np.ndarray | None
    rows: np.ndarray | None

    @classmethod
    def of(cls, texts: Sequence[str], coder: Coder, repeated: bool = False) -> _Counted:
        rows = None
        if repeated:
            unique = sorted(set(texts))
            at = {text: i for i, text in enumerate(unique)}
            rows = np.asarray([at[text] for text in texts], dtype=np.int64)
            texts = unique
        return cls(coder.vocabulary.count(texts), coder._vectors(texts), rows)

    def score(self, task: str, block: str, coder: Coder) -> np.ndarray:
        scores = self.counts @ coder.weights[f"{task}.{block}"]
        if self.vectors is not None:
            scores = scores + self.vectors @ coder.weights[f"{task}.vector_{block}"]
        return scores if self.rows is None else scores[self.rows]

    def project(self, net: network.Network, block: str) -> np.ndarray:
        """(n, hidden) what the texts say to a network as ``block``."""
        found = net.project(net.embed(self.counts), self.vectors, block)
        return found if self.rows is None else found[self.rows]
