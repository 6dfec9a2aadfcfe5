"""Themes: actions that recur across cities, as groups of measures in the graph of matches.

Average linkage on the graph (Bonald et al. 2018, "Hierarchical Graph Clustering using Node Pair Sampling",
arXiv 1806.01664; scikit-network's ``Paris`` with uniform weights), cut at an absolute height. It has no seed, and
what arrives elsewhere in the graph does not move a cut at an absolute height. Modularity (Louvain, Leiden) was less
stable: its resolution depends on the whole graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pandas as pd
from scipy import sparse

from planmine.comparison.fragments import HOME, PHRASE, join_fragments
from planmine.comparison.frames import comparable, number, table
from planmine.comparison.wording import distinctive_words

CORE = 0.28  # mean likeness of the strands of a theme; scripts/fit_themes.py chose all three
JOIN = 0.4  # mean over a theme's cities of the best probability there, for a measure to be in it
LISTED = 0.3  # least probability of a link that is looked at

THEMES = {
    "theme_id": "string",
    "label": "string",
    "category": "string",
    "measures": "Int64",
    "cities": "Int64",
    "first_city": "string",
    "first_year": "Int64",
    "medoid": "string",
}
THEME_MEASURES = {
    "theme_id": "string",
    "measure_id": "string",
    "city": "string",
    "year": "Int64",
    "strength": "float64",
}
THEME_CITIES = {
    "theme_id": "string",
    "city": "string",
    "first_year": "Int64",
    "measures": "Int64",
    "example": "string",
}


@dataclass(frozen=True, slots=True)
class _Graph:
    """The links of n measures: (n, n) symmetric, and the city of each."""

    weight: sparse.csr_array
    city: np.ndarray
    cities: int

    def among(self, rows: np.ndarray) -> _Graph:
        """The part of the graph that these rows make."""
        return _Graph(self.weight[rows][:, rows], self.city[rows], self.cities)

    def towards(self, group: np.ndarray, groups: int) -> sparse.csr_array:
        """(n, groups) how strongly each measure belongs to each group: mean over the group's cities of its best link there.

        ``group``: (n,) -1 is none. The best link of a city and not the mean, since a city's nearest few are all
        that ``compare`` lists. Its own city counts where it has a link there: its other years say more, but a
        measure has none to itself.
        """
        edge = self.weight.tocoo()
        i, j = edge.coords
        inside = group[j] >= 0
        i, j = i[inside], j[inside]
        shape = (len(group), groups * self.cities)
        best = _best(i, group[j] * self.cities + self.city[j], edge.data[inside], shape)
        row, column = best.coords
        at_home = column % self.cities == self.city[row]
        cells = (row, column // self.cities)
        shape = (len(group), groups)
        total, home = (  # links of one group are added; both hold the same cells
            sparse.coo_array((values, cells), shape=shape).tocsr()
            for values in (best.data, at_home.astype(np.float64))
        )
        member = np.flatnonzero(group >= 0)
        there = np.zeros((groups, self.cities), dtype=bool)
        there[group[member], self.city[member]] = True
        belongs = total.tocoo()
        row, column = belongs.coords
        others = there.sum(axis=1)[column] - there[column, self.city[row]]
        belongs.data /= others + home.data
        return belongs.tocsr()

    def spread(self, group: np.ndarray, groups: int) -> np.ndarray:
        """(groups,) how many cities each has."""
        member = np.flatnonzero(group >= 0)
        cells = np.unique(group[member] * self.cities + self.city[member])
        return np.bincount(cells // self.cities, minlength=groups)


def find_themes(
    measures: pd.DataFrame,
    matches: pd.DataFrame,
    links: pd.DataFrame,
    *,
    previous: pd.DataFrame | None = None,
    core: float = CORE,
    join: float = JOIN,
    home: float = HOME,
    phrase: int = PHRASE,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Group the measures that state the same action into themes; tables ``themes`` and ``theme_measures``.

    A theme's core are measures whose mean probability of being the same action is ``core`` or more (average linkage,
    see the module); then each measure is in the theme to which it belongs most, where that is ``join`` or more; then
    what was left apart joins the theme whose own phrase it says (``home``, ``phrase``: module fragments). Kept are themes of two or more cities. ``theme_id`` is a hash of the medoid's id, and so of its plan's text.

    ``previous``: table ``theme_measures`` of an earlier run. Its measures keep their themes and their ids, as a
    codebook grows and old codes stay; new measures join them or make themes of their own. ``matches``, ``links``:
    tables of ``compare`` and ``find_links``. ``strength`` is how much a measure belongs to its theme by its
    links, 0 to 1.
    """
    corpus = comparable(measures)
    rows = corpus.rows
    ids = rows["measure_id"].tolist()
    graph = _Graph(_adjacency(ids, matches, links), corpus.city, max(len(corpus.cities), 1))
    given, names = _given(ids, previous)
    group = np.where(given >= 0, given, _members(graph, given, len(names), join))
    rest = np.flatnonzero(group < 0)
    group[rest] = _cores(graph.among(rest), core) + len(names)
    groups = int(group.max(initial=-1)) + 1
    group = _recurring(graph, group, len(names))
    group = np.where(given >= 0, given, _members(graph, group, groups, join))
    group = _recurring(graph, group, len(names))
    texts = rows["text"].tolist()
    group = join_fragments(texts, group, graph.city, stay=len(names), home=home, phrase=phrase)
    return _tables(rows, graph, group, groups, names)


def _recurring(graph: _Graph, group: np.ndarray, given: int) -> np.ndarray:
    """The groups of two or more cities and the first ``given``; -1 for the others."""
    cities = graph.spread(group, int(group.max(initial=-1)) + 1)
    return np.where((group < given) | (cities[group] > 1), group, -1) if len(cities) else group


def _adjacency(ids: list[str], matches: pd.DataFrame, links: pd.DataFrame) -> sparse.csr_array:
    parts = [
        frame.loc[frame["probability"] >= LISTED, ["measure_a", "measure_b", "probability"]]
        for frame in (matches, links)
    ]
    edges = pd.concat(parts, ignore_index=True)
    i, j = number(ids, edges["measure_a"]), number(ids, edges["measure_b"])
    known = (i >= 0) & (j >= 0)
    i, j, value = i[known], j[known], edges["probability"].to_numpy(dtype=np.float64)[known]
    both = (np.concatenate([value, value]), (np.concatenate([i, j]), np.concatenate([j, i])))
    return sparse.csr_array(both, shape=(len(ids), len(ids)))


def _given(ids: list[str], previous: pd.DataFrame | None) -> tuple[np.ndarray, list[str]]:
    """(n,) the earlier theme of each measure, and the earlier themes that still have one."""
    if previous is None or previous.empty:
        return np.full(len(ids), -1), []
    of = dict(zip(previous["measure_id"], previous["theme_id"], strict=True))
    names = sorted({of[i] for i in ids if i in of})
    place = {name: k for k, name in enumerate(names)}
    return np.array([place[of[i]] if i in of else -1 for i in ids], dtype=np.int64), names


def _members(graph: _Graph, group: np.ndarray, groups: int, join: float) -> np.ndarray:
    """(n,) the group that each measure belongs to most, -1 where to none by ``join``; of equals the first."""
    belongs = graph.towards(group, groups).tocoo() if groups else sparse.coo_array((len(group), 1))
    row, column = belongs.coords
    order = np.lexsort((-column, belongs.data, row))
    row, column, value = row[order], column[order], belongs.data[order]
    last = np.diff(row, append=-1) != 0
    last &= value >= join
    found = np.full(len(group), -1)
    found[row[last]] = column[last]
    return found


def _cores(graph: _Graph, core: float) -> np.ndarray:
    """(n,) the group of each measure: that of its strand.

    A strand is what one city says of one action over the years. Measures are grouped to strands first and strands to
    themes then, so that a city that says it ten times weighs no more than one that says it once.
    """
    own = graph.weight.tocoo()
    i, j = own.coords
    here = graph.city[i] == graph.city[j]
    strand = _linked(sparse.csr_array((own.data[here], (i[here], j[here])), shape=own.shape), core)
    return _linked(_between(own, strand), core)[strand]


def _between(edge: sparse.coo_array, group: np.ndarray) -> sparse.csr_array:
    """(groups, groups) likeness of groups of measures: mean over both of each measure's best link in the other."""
    i, j = edge.coords
    groups = int(group.max(initial=-1)) + 1
    best = _best(i, group[j], edge.data, (len(group), groups))  # (n, groups)
    a, b = group[best.coords[0]], best.coords[1]
    other = a != b
    total = sparse.csr_array((best.data[other], (a[other], b[other])), shape=(groups, groups))
    both = (total + total.T).tocoo()
    size = np.bincount(group, minlength=groups)
    both.data /= size[both.coords[0]] + size[both.coords[1]]
    return both.tocsr()


def _best(i: np.ndarray, j: np.ndarray, value: np.ndarray, shape: tuple[int, int]) -> sparse.coo_array:
    """The greatest value of each cell (i, j)."""
    order = np.lexsort((value, j, i))
    i, j, value = i[order], j[order], value[order]
    last = np.flatnonzero((np.diff(i, append=-1) != 0) | (np.diff(j, append=-1) != 0))
    return sparse.coo_array((value[last], (i[last], j[last])), shape=shape)


def _linked(weight: sparse.csr_array, core: float) -> np.ndarray:
    """(n,) clusters of average linkage, numbered by their first row; one of its own for what is alone."""
    linked = np.flatnonzero(np.diff(weight.indptr))
    root = np.arange(weight.shape[0])
    if len(linked):
        root[linked] = linked[_roots(weight, linked, core)]
    _, first, label = np.unique(root, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[label]


def _roots(weight: sparse.csr_array, linked: np.ndarray, core: float) -> np.ndarray:
    """(linked,) one row that stands for the cluster of each."""
    from sknetwork.hierarchy import Paris

    part = sparse.csr_matrix(weight[linked][:, linked])
    # Paris takes no others
    part.indices, part.indptr = part.indices.astype(np.int32), part.indptr.astype(np.int32)
    tree = Paris(weights="uniform").fit_predict(part)
    # Paris' height of a merger is |A| |B| W / (n² w(A, B)): W all weights. The mean weight is W / (n² height).
    mean = part.data.sum() / (len(linked) ** 2 * tree[:, 2])
    parent = np.arange(2 * len(linked) - 1)
    for merger, (a, b) in enumerate(tree[:, :2].astype(int)):
        if mean[merger] >= core:
            parent[a] = parent[b] = len(linked) + merger
    root = np.arange(len(parent))
    for node in range(len(parent) - 1, -1, -1):
        root[node] = root[parent[node]]
    # of the tree's nodes above a row the highest that is merged; its first row stands for it
    _, first, label = np.unique(root[: len(linked)], return_index=True, return_inverse=True)
    return first[label]


def _tables(
    rows: pd.DataFrame, graph: _Graph, group: np.ndarray, groups: int, names: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    belongs = graph.towards(group, groups) if groups else sparse.csr_array((len(rows), 0))
    member = np.flatnonzero(group >= 0)
    found = rows.loc[member, ["measure_id", "city", "year", "text", "category"]].assign(
        group=group[member],
        strength=np.asarray(belongs[member, group[member]]).ravel() if len(member) else [],
    )
    found = found.sort_values(["group", "strength", "measure_id"], ascending=[True, False, True])
    medoid = found.drop_duplicates("group").set_index("group")["measure_id"]
    theme = {
        g: names[g] if g < len(names) else blake2b(m.encode(), digest_size=5).hexdigest()
        for g, m in medoid.items()
    }
    found["theme_id"] = found["group"].map(theme).astype("string")
    label = distinctive_words(found["text"].tolist(), found["group"].to_numpy())
    by = found.groupby("group")
    common = found.groupby(["group", "category"]).size().reset_index(name="n")
    common = common.sort_values(["group", "n", "category"], ascending=[True, False, True]).drop_duplicates(
        "group"
    )
    year = by["year"].min()
    early = found[found["year"].eq(found["group"].map(year)) & found["year"].notna()]
    cities = early.groupby("group")["city"].agg(lambda names: "、".join(sorted(set(names))))
    themes = pd.DataFrame(
        {
            "theme_id": pd.Series(theme, dtype="string"),
            "label": pd.Series(label, dtype="string"),
            "category": common.set_index("group")["category"],
            "measures": by.size(),
            "cities": by["city"].nunique(),
            "first_city": cities,
            "first_year": year,
            "medoid": medoid,
        }
    )
    themes = themes.sort_values(["cities", "measures", "theme_id"], ascending=[False, False, True])
    members = found.sort_values(["theme_id", "year", "city", "measure_id"])
    return table(themes, THEMES), table(members, THEME_MEASURES)


def theme_cities(theme_measures: pd.DataFrame) -> pd.DataFrame:
    """Which city has which theme, since when, and how many measures; ``example`` is its firmest member of that first year."""
    rows = theme_measures.sort_values(
        ["theme_id", "city", "year", "strength", "measure_id"], ascending=[True, True, True, False, True]
    )
    by = rows.groupby(["theme_id", "city"], sort=True)
    found = by.agg(
        first_year=("year", "min"), measures=("measure_id", "size"), example=("measure_id", "first")
    )
    return table(found.reset_index(), THEME_CITIES)
