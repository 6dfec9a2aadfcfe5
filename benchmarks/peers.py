"""What a user would take instead, on the same work: ``python peers.py bertopic|cosine|cntext ENCODER``."""

from __future__ import annotations

import sys
from collections import defaultdict
from itertools import combinations

import numpy as np
from measured import Clock
from task import CitySimilarity, Scores, rate


def cosine(encoder: str) -> tuple[CitySimilarity, Scores]:
    """sentence-transformers, cosine over all pairs; cities by the mean of their measures' best cosines."""
    from sentence_transformers import SentenceTransformer, util

    model = SentenceTransformer(encoder, device="cpu")

    def scores(left: list[str], right: list[str]) -> np.ndarray:
        return util.cos_sim(
            *(model.encode(texts, show_progress_bar=False) for texts in (left, right))
        ).numpy()

    def cities(texts: list[str], city: list[str]) -> dict[tuple[str, str], float]:
        vectors = model.encode(texts, show_progress_bar=False)
        alike, names = util.cos_sim(vectors, vectors).numpy(), np.array(city)
        found = {}
        for a, b in combinations(sorted(set(city)), 2):
            block = alike[np.ix_(names == a, names == b)]
            found[a, b] = float((block.max(axis=1).mean() + block.max(axis=0).mean()) / 2)
        return found

    return cities, scores


def bertopic(encoder: str) -> tuple[CitySimilarity, Scores]:
    """BERTopic with the same encoder; cities by the cosine of their counts of topics, pairs by the same topic."""
    from bertopic import BERTopic
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(encoder, device="cpu")

    def topics(texts: list[str]) -> np.ndarray:
        return np.array(
            BERTopic(embedding_model=model, min_topic_size=3, language="multilingual").fit_transform(texts)[0]
        )

    def cities(texts: list[str], city: list[str]) -> dict[tuple[str, str], float]:
        topic, names = topics(texts), np.array(city)
        counts = {
            name: np.bincount(topic[(names == name) & (topic >= 0)], minlength=topic.max() + 1)
            for name in set(city)
        }
        found = {}
        for a, b in combinations(sorted(counts), 2):
            lengths = np.linalg.norm(counts[a]) * np.linalg.norm(counts[b])
            found[a, b] = float(counts[a] @ counts[b] / lengths) if lengths else 0.0
        return found

    def scores(left: list[str], right: list[str]) -> np.ndarray:
        topic = topics([*left, *right])
        own, other = topic[: len(left)], topic[len(left) :]
        return ((own[:, None] == other) & (own[:, None] >= 0)).astype(float)

    return cities, scores


def cntext(_: str) -> tuple[CitySimilarity, Scores]:
    """cntext's cosine similarity of word counts, between the joined texts of cities and between measures."""
    import cntext as ct

    alike = getattr(ct, "cosine_sim")  # noqa: B009 - mypy does not see the module

    def cities(texts: list[str], city: list[str]) -> dict[tuple[str, str], float]:
        joined: dict[str, list[str]] = defaultdict(list)
        for text, name in zip(texts, city, strict=True):
            joined[name].append(text)
        return {
            (a, b): float(alike("".join(joined[a]), "".join(joined[b]), lang="chinese"))
            for a, b in combinations(sorted(joined), 2)
        }

    def scores(left: list[str], right: list[str]) -> np.ndarray:
        table = np.full((len(left), len(right)), np.nan)  # only what the test of hard negatives looks at
        for row, text in enumerate(left):
            for column in (row, row + len(left)):
                table[row, column] = alike(text, right[column], lang="chinese")
        return table

    return cities, scores


if __name__ == "__main__":
    clock = Clock()
    which, encoder = sys.argv[1:3]
    approach = {"bertopic": bertopic, "cosine": cosine, "cntext": cntext}[which](encoder)
    rate(which, *approach, clock.read())
