"""Coverage corrected for the coder's errors by a hand-coded random sample.

Counts of predicted codes are biased: what a coder misses and what it takes wrongly do not cancel. Prediction-powered
inference (Angelopoulos et al. 2023, Science 382, arXiv 2301.09633) adds to the share of the predictions, known for
every measure, the mean error in a hand-coded random sample; as a design-based estimate (Egami et al. 2023, arXiv
2306.04746) it holds however bad the coder is.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from zlib import crc32

import numpy as np
import pandas as pd

from planmine.codebook import Codebook
from planmine.comparison.frames import COMPARED, category_codes, named, table

LEAST = 10  # hand-coded measures of a cell, below which nothing is said of it
_DRAWS = 4000

SHARES = {
    "category": "string",
    "measures": "Int64",
    "share": "float64",
    "coded": "Int64",
    "corrected": "float64",
    "corrected_low": "float64",
    "corrected_high": "float64",
}
SAMPLE = ["measure_id", "city", "year", "text", "category"]


def draw_sample(measures: pd.DataFrame, n: int, *, seed: int = 0) -> pd.DataFrame:
    """``n`` measures drawn at random for hand coding, ``category`` left empty; all of them where there are fewer.

    Simple random sampling by the hash of seed and measure_id: the same whatever the order of rows.
    """
    frame = named(measures)
    frame = frame[frame["status"].isin(COMPARED)]
    key = [blake2b(f"{seed}:{name}".encode(), digest_size=16).hexdigest() for name in frame["measure_id"]]
    drawn = frame.assign(key=key).sort_values("key").head(n)
    return drawn.assign(category=pd.NA)[SAMPLE].reset_index(drop=True)


def corrected_shares(
    measures: pd.DataFrame,
    coded: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    codebook: Codebook | None = None,
    least: int = LEAST,
) -> pd.DataFrame:
    """Share of each category in the measures (all, or of each city and year: ``by``), corrected, with 95 % intervals.

    ``coded``: measure_id and category of measures drawn at random (``draw_sample``) and coded by hand; a category of
    ``none`` is a unit that is no measure. The corrected share is the predicted one plus (b - c) / n: of the n coded
    measures of the cell, b have the category and were not given it, c the reverse. ``corrected_low`` and ``_high``
    hold 95 % of the Dirichlet posterior of the two error rates under Jeffreys' prior, since the normal interval is too
    narrow where few errors are seen (docs/external-validity.md has its coverage in draws). A cell with fewer than
    ``least`` coded measures is null. The codes are taken as right. Raises ValueError for an unknown measure or code,
    or a measure coded twice.
    """
    frame = named(measures)
    frame = frame[frame["status"].isin(COMPARED)]
    categories = category_codes(frame, codebook)
    hand = _checked(coded, measures, categories).reindex(frame["measure_id"]).to_numpy(dtype=object)
    predicted = frame["category"].to_numpy(dtype=object)
    cell = (
        frame.groupby(list(by), dropna=False, sort=True).ngroup() if by else pd.Series(0, index=frame.index)
    )
    parts = [
        _cell(predicted[own], hand[own], categories, least).assign(
            **frame.iloc[own][list(by)].iloc[0].to_dict()
        )
        for own in (
            np.flatnonzero(cell == number) for number in range(int(cell.max()) + 1 if len(cell) else 0)
        )
    ]
    types = {**{name: str(frame[name].dtype) for name in by}, **SHARES}
    return table(pd.concat(parts) if parts else pd.DataFrame(columns=list(types)), types)


def _checked(coded: pd.DataFrame, measures: pd.DataFrame, categories: Sequence[str]) -> pd.Series:
    """Hand codes by measure_id."""
    rows = coded[coded["category"].notna()]
    unknown = sorted(set(rows["measure_id"]) - set(measures["measure_id"]))
    if unknown:
        raise ValueError(
            f"coded sample: measure {unknown[0]} is not among the measures; draw the sample from the same plans"
        )
    odd = sorted(set(rows["category"]) - {*categories, "none"})
    if odd:
        raise ValueError(f"coded sample: category {odd[0]} is not in the codebook; use its codes, or none")
    twice = rows["measure_id"][rows["measure_id"].duplicated()]
    if len(twice):
        raise ValueError(f"coded sample: measure {twice.iloc[0]} is coded twice; keep one code of each")
    return rows.set_index("measure_id")["category"].astype(object)


def _cell(predicted: np.ndarray, hand: np.ndarray, categories: Sequence[str], least: int) -> pd.DataFrame:
    seen = ~pd.isna(hand)
    n = int(seen.sum())
    rows = []
    for category in categories:
        given = predicted == category
        right = hand[seen] == category
        share = given.mean()
        missed, wrong = int((right & ~given[seen]).sum()), int((~right & given[seen]).sum())
        corrected, low, high = (
            _interval(share, missed, wrong, n, category) if n >= least else (np.nan, np.nan, np.nan)
        )
        rows.append((category, int(given.sum()), share, n, corrected, low, high))
    return pd.DataFrame(rows, columns=list(SHARES))


def _interval(share: float, missed: int, wrong: int, n: int, category: str) -> tuple[float, float, float]:
    """The corrected share and its 95 % interval; the draws depend on the category's name only."""
    corrected = float(np.clip(share + (missed - wrong) / n, 0, 1))
    generator = np.random.default_rng(crc32(category.encode()))
    drawn = generator.dirichlet((missed + 0.5, wrong + 0.5, n - missed - wrong + 0.5), _DRAWS)
    low, high = np.clip(share + np.quantile(drawn[:, 0] - drawn[:, 1], (0.025, 0.975)), 0, 1)
    return corrected, float(min(low, corrected)), float(max(high, corrected))
