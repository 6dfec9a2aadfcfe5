"""Coverage: what each city plans and did in each category and year, zeros included."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import beta

from planmine.codebook import Codebook
from planmine.comparison.corrected import corrected_shares
from planmine.comparison.frames import COMPARED, category_codes, named, table

COVERAGE = {
    "city": "string",
    "year": "Int64",
    "category": "string",
    "measures": "Int64",
    "planned": "Int64",
    "completed": "Int64",
    "share": "float64",
    "share_low": "float64",
    "share_high": "float64",
    "with_target": "Int64",
    "corrected": "float64",
    "corrected_low": "float64",
    "corrected_high": "float64",
}


def coverage(
    measures: pd.DataFrame, *, codebook: Codebook | None = None, coded: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Count measures by city, year and category: one row for each category of each city-year.

    ``measures`` counts planned, completed and goal; ``share`` is their part of the city-year's, null where
    it has none; ``share_low`` and ``share_high`` are the 95 % Jeffreys interval (Brown, Cai & DasGupta
    2001, "Interval Estimation for a Binomial Proportion", Statistical Science 16(2)); ``with_target``
    counts measures that state a figure. An unknown year is a group of its own. Measures of no known city
    are not counted. The counts are those of the coder, not corrected for its errors. ``corrected`` and its interval
    are the share corrected by a hand-coded random sample (``coded``: measure_id, category; ``corrected_shares``), null
    without one.
    """
    frame = named(measures)
    categories = category_codes(frame, codebook)
    frame = frame.assign(
        measures=frame["status"].isin(COMPARED),
        planned=frame["status"].eq("planned"),
        completed=frame["status"].eq("completed"),
        with_target=[len(targets) > 0 for targets in frame["targets"]],
    )
    frame["with_target"] &= frame["measures"]
    groups = frame[["city", "year"]].drop_duplicates().sort_values(["city", "year"])
    order = pd.DataFrame({"category": pd.array(categories, dtype="string")})
    counted = ["measures", "planned", "completed", "with_target"]
    counts = frame.groupby(["city", "year", "category"], dropna=False)[counted]
    full = groups.merge(order, how="cross").merge(
        counts.sum().reset_index(), how="left", on=["city", "year", "category"]
    )
    full[counted] = full[counted].fillna(0).astype("int64")
    total = (
        full.groupby(["city", "year"], dropna=False)["measures"].transform("sum").to_numpy(dtype=np.float64)
    )
    k = full["measures"].to_numpy(dtype=np.float64)
    total[total == 0] = np.nan
    low, high = beta.ppf(0.025, k + 0.5, total - k + 0.5), beta.ppf(0.975, k + 0.5, total - k + 0.5)
    full["share"] = k / total
    full["share_low"] = np.where((k == 0) & (total > 0), 0.0, low)
    full["share_high"] = np.where(k == total, 1.0, high)
    corrected = ["corrected", "corrected_low", "corrected_high"]
    if coded is None:
        return table(full.assign(**dict.fromkeys(corrected, np.nan)), COVERAGE)
    keys = ["city", "year", "category"]
    shares = corrected_shares(measures, coded, by=["city", "year"], codebook=codebook)
    return table(full.merge(shares[keys + corrected], how="left", on=keys), COVERAGE)
