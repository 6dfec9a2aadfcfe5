"""The networks beside the regressions: they learn, give the same twice, and read what torch trained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from planmine.coding import network
from planmine.coding.network import BLOCKS, Examples, Network, NetworkRecipe

RECIPE = NetworkRecipe(networks=2, dimensions=8, hidden=16, passes=60, batch=16, rate=0.02, term_dropout=0.2)


def examples() -> Examples:
    """Forty texts of two terms each; the first term tells the category, the cue the status."""
    rng = np.random.default_rng(0)
    kind, done = np.repeat([0, 1], 20), np.tile([0, 1], 20)
    columns = np.column_stack([kind, 2 + rng.integers(0, 3, 40)])
    counts = sparse.csr_matrix((np.ones(80, np.float32), (np.repeat(np.arange(40), 2), columns.ravel())))
    return Examples(
        places={block: np.arange(40) for block in BLOCKS},
        counts=counts,
        vectors=None,
        cues=np.column_stack([done, np.ones(40)]).astype(np.float32),
        targets={"status": np.eye(2, dtype=np.float32)[done], "category": np.eye(2, dtype=np.float32)[kind]},
        importance=np.ones(40),
    )


def scores(net: Network, given: Examples, task: str) -> np.ndarray:
    terms = net.embed(given.counts)
    total = sum(net.project(terms, None, block)[given.places[block]] for block in BLOCKS)
    return net.read(np.asarray(total), given.cues, task)


@pytest.mark.parametrize("task", ["status", "category"])
def test_it_learns_what_tells_the_classes_apart(task: str) -> None:
    given = examples()
    for net in network.fit(given, RECIPE):
        right = scores(net, given, task).argmax(axis=1) == given.targets[task].argmax(axis=1)
        assert right.mean() >= 0.95


def test_the_same_examples_give_the_same_weights_and_each_network_its_own() -> None:
    given = examples()
    first, second = network.fit(given, RECIPE), network.fit(given, RECIPE)
    for a, b in zip(first, second, strict=True):
        assert all((a.weights[name] == b.weights[name]).all() for name in a.weights)
    assert (first[0].weights["terms"] != first[1].weights["terms"]).any()


def test_stored_networks_are_loaded_as_they_were() -> None:
    nets = network.fit(examples(), replace(RECIPE, passes=1))
    again = network.loaded(network.stored(nets) | {"status.bias": np.zeros(2)})
    assert len(again) == 2
    assert all((a.weights["terms"] == b.weights["terms"]).all() for a, b in zip(nets, again, strict=True))


def test_the_main_category_gets_most_and_the_others_share_the_rest() -> None:
    rows = network.targets([("b",), ("a", "c", "b")], ["a", "b", "c"], 0.1)
    np.testing.assert_allclose(rows, [[0, 1, 0], [0.9, 0.05, 0.05]], rtol=1e-6)
