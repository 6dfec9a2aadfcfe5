"""The bundled model: one vector a word, distilled from e5zh, that sums to nearly what e5zh says of a sentence.

1. Words: those of jieba's dictionary that the source's sentences use, further frequent ones, characters,
   frequent pairs of words (口袋公园), Latin abbreviations; a Unigram tokenizer with log frequencies as scores.
2. Untrained: e5zh's vector of each word alone, centred, projected to 256 dimensions and weighted by
   a / (a + p) (Arora, Liang and Ma, A simple but tough-to-beat baseline, ICLR 2017).
3. Trained: sentences of the source go through e5zh; a linear map from word vectors to sentence vectors is fitted
   by ridge regression, then a correction for each word by a second one (conjugate gradients).

Only word frequencies and vectors are learned from the source; none of its text is stored. All sentences are masked
as ``planmine.embedding`` masks them.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import jieba
import numpy as np
import rjieba
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, StaticEmbedding
from source import sample, sentences_of
from tokenizers import Tokenizer, models, normalizers
from tqdm import tqdm

from planmine.bundled import revision

Matrix = NDArray[np.float32]
DIMENSIONS = 256
SMOOTH = 1e-3  # a of the weights a / (a + p)
MAP_RIDGE, WORD_RIDGE = 3.0, 8.0  # chosen by agreement with e5zh on sentences held out
HELD_OUT = 1000
OTHERS = 1000  # frequent words of the dictionary that the source does not use
HAN = re.compile("[\u4e00-\u9fff]+")
LATIN = re.compile(r"[A-Za-z]+[A-Za-z0-9.+-]*[A-Za-z0-9+]|[0-9]?[A-Za-z]")


class Distilled(NamedTuple):
    """What `distil` made: table of word vectors (words, 256) before and after training, and how well they agree
    with e5zh on the sentences held out (mean cosine)."""

    tokenizer: Tokenizer
    untrained: Matrix
    trained: Matrix
    agreement_untrained: float
    agreement_trained: float
    sentences: int


class Teacher:
    """e5zh with a memory on disk, by revision and text, since its vectors take most of the time.

    In bfloat16, which is twice as fast and agrees with single floats at cosine 0.9999.
    """

    def __init__(self, folder: Path, memory: Path) -> None:
        self.folder, self.memory, self.revision = folder, memory, revision(folder)
        self.known: dict[str, NDArray[np.float16]] = {}
        if memory.is_file():
            with np.load(memory) as stored:
                self.known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors (n, 384)."""
        keys = [hashlib.sha1(f"{self.revision}\n{text}".encode()).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self.known}
        if new:
            model = SentenceTransformer(str(self.folder), device="cpu")
            todo = sorted(new.items(), key=lambda item: len(item[1]))
            for start in tqdm(range(0, len(todo), 512), desc="e5zh"):
                part = todo[start : start + 512]
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    vectors = model.encode([text for _, text in part], batch_size=32, show_progress_bar=False)
                self.known |= zip((key for key, _ in part), vectors.astype(np.float16), strict=True)
                if start // 512 % 16 == 15:
                    self._store()
            self._store()
        return unit(np.stack([self.known[key] for key in keys]).astype(np.float32))

    def _store(self) -> None:
        self.memory.parent.mkdir(parents=True, exist_ok=True)
        np.savez(self.memory, keys=np.array(list(self.known)), vectors=np.stack(list(self.known.values())))


def unit(rows: Matrix) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)


def word_counts(sentences: list[str]) -> dict[str, float]:
    """The words to know, with their frequency in ``sentences``."""
    dictionary: dict[str, tuple[int, str]] = {}
    for line in (Path(jieba.__file__).parent / "dict.txt").read_text(encoding="utf-8").splitlines():
        word, frequency, tag = line.split()
        dictionary[word] = (int(frequency), tag)
    counts: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    latin: Counter[str] = Counter()
    for sentence in sentences:
        words = rjieba.cut(sentence, False)
        counts.update(words)
        pairs.update(pairwise(words))
        latin.update(LATIN.findall(sentence))
    total = counts.total()
    chosen = {w for w, n in counts.items() if n >= 2 and len(w) > 1 and w in dictionary and HAN.fullmatch(w)}
    others = [
        (frequency, word)
        for word, (frequency, tag) in dictionary.items()  # names of persons, places and bodies stay out
        if len(word) > 1
        and HAN.fullmatch(word)
        and not tag.startswith(("nr", "ns", "nt"))
        and word not in chosen
    ]
    chosen |= {word for _, word in sorted(others, reverse=True)[:OTHERS]}
    single = {char for sentence in sentences for char in sentence}
    single |= {word for word, (frequency, _) in dictionary.items() if len(word) == 1 and frequency >= 20}
    known = {word: float(counts[word]) for word in sorted(chosen | set(filter(HAN.fullmatch, single)))}
    for (first, second), n in sorted(pairs.items()):
        phrase = first + second
        if n < 60 or not 3 <= len(phrase) <= 6 or phrase in dictionary or not HAN.fullmatch(phrase):
            continue
        bound = math.log(n * total / (counts[first] * counts[second]))
        if bound > 6 and n / min(counts[first], counts[second]) > 0.15:
            known[phrase] = float(n)
    return known | {word: float(n) for word, n in sorted(latin.items()) if n >= 20}


def tokenizer_of(counts: dict[str, float]) -> Tokenizer:
    """Unigram over the words; id 0 stands for all else (signs, digits) and has no vector."""
    total = sum(counts.values())
    pieces = [("<unk>", 0.0)] + [(word, round(math.log((n + 0.3) / total), 3)) for word, n in counts.items()]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFKC()
    return tokenizer


def bags(tokenizer: Tokenizer, texts: Sequence[str]) -> sp.csr_matrix:
    """How often each word stands in each text: (texts, words)."""
    ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    columns = np.fromiter((i for row in ids for i in row), dtype=np.int32)
    ends = np.cumsum([0] + [len(row) for row in ids])
    return sp.csr_matrix(
        (np.ones(len(columns), np.float32), columns, ends), shape=(len(ids), tokenizer.get_vocab_size())
    )


def solve(bag: sp.csr_matrix, wanted: Matrix, ridge: float, steps: int = 12) -> Matrix:
    """argmin ||bag X - wanted||² + ridge ||X||² by conjugate gradients, all columns at once."""
    turned = bag.T.tocsr()
    residual = turned @ wanted
    solution, direction = np.zeros_like(residual), residual.copy()
    size = (residual**2).sum(axis=0)
    for _ in range(steps):
        image = turned @ (bag @ direction) + ridge * direction
        step = size / np.maximum((direction * image).sum(axis=0), 1e-12)
        solution += step * direction
        residual -= step * image
        previous, size = size, (residual**2).sum(axis=0)
        direction = residual + size / np.maximum(previous, 1e-12) * direction
    return solution


def distil(source: Path, teacher: Teacher, size: int) -> Distilled:
    """Word vectors from ``size`` sentences of ``source`` and all its word frequencies."""
    sentences = sentences_of(source)
    counts = word_counts(sentences)
    tokenizer = tokenizer_of(counts)
    words = teacher.encode(list(counts))
    words = np.vstack([np.zeros_like(words[:1]), words - words.mean(axis=0)])
    frequency = np.asarray(bags(tokenizer, sentences).sum(axis=0)).ravel()
    weights = (SMOOTH / (SMOOTH + frequency / frequency.sum())).astype(np.float32)
    weights[0] = 0
    weighted = words * weights[:, None]

    chosen = sample(sentences, size)
    vectors = teacher.encode(chosen)
    centred = unit(vectors - vectors[:-HELD_OUT].mean(axis=0))
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :DIMENSIONS]
    goal = unit(centred @ axes)
    bag = bags(tokenizer, chosen)
    seen, held, goal_seen, goal_held = bag[:-HELD_OUT], bag[-HELD_OUT:], goal[:-HELD_OUT], goal[-HELD_OUT:]

    untrained = (weighted @ axes).astype(np.float32)
    pooled = unit(seen @ weighted)
    mapping = np.linalg.solve(pooled.T @ pooled + MAP_RIDGE * np.eye(pooled.shape[1]), pooled.T @ goal_seen)
    trained = (weighted @ mapping).astype(np.float32)
    pooled = seen @ trained
    lengths = np.maximum(np.linalg.norm(pooled, axis=1), 1e-6)
    relative = (sp.diags(1 / lengths) @ seen @ sp.diags(weights)).tocsr().astype(np.float32)
    trained += solve(relative, goal_seen - unit(pooled), WORD_RIDGE) * weights[:, None]

    def agreement(table: Matrix) -> float:
        return float((unit(held @ table) * goal_held).sum(axis=1).mean())

    return Distilled(
        tokenizer, untrained, trained, agreement(untrained), agreement(trained), len(chosen) - HELD_OUT
    )


def write(tokenizer: Tokenizer, table: Matrix, folder: Path) -> None:
    """A sentence-transformers folder: half floats on disk, the words' vectors scaled to use their range."""
    scaled = table / np.abs(table).max()
    embedding = StaticEmbedding(tokenizer, embedding_weights=torch.from_numpy(scaled.astype(np.float16)))
    model = SentenceTransformer(modules=[embedding, Normalize()], device="cpu")
    model.save_pretrained(str(folder), create_model_card=False)
