"""Prefect flow: labels to a coder to the gate. What lies below a floor of quality is not published.

python flows/train.py --source DIR

DIR holds the public work reports that corpus/labelled/README.md names. The new coder is trained beside the
present one, measured by the same script as the present one, and takes its place only where every figure
reaches its floor (evaluation/baseline.json).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from planmine.operations.offline import settle

ROOT = Path(__file__).resolve().parents[1]


def options(arguments: list[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Run the flow `train` on an embedded Prefect server.")
    parser.add_argument("--source", required=True)
    parser.add_argument("--workspace", default="workspace")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    settle(Path(options(sys.argv[1:]).workspace), "INFO")

from prefect import flow, task  # noqa: E402
from prefect.artifacts import create_table_artifact  # noqa: E402

sys.path.insert(0, str(ROOT / "scripts" / "quality"))


@task(name="train coder", persist_result=False)
def train_coder(source: str, out: str) -> None:
    """Train a coder from the labels into a folder of its own."""
    script = ROOT / "scripts" / "train_coder.py"
    subprocess.run([sys.executable, str(script), "--source", source, "--out", out], check=True, cwd=ROOT)


@task(name="measure", persist_result=False)
def measure(source: str, coder: str) -> dict[str, dict[str, float]]:
    """Figures of quality of a coder, test by test, in a process that loads this coder and no other."""
    code = (
        "import json, sys; from pathlib import Path; from planmine import pipeline\n"
        "from planmine.coding.model import Coder\n"
        "coder = Coder.load(sys.argv[1], encode=pipeline.default_encoder().encode)\n"
        "pipeline.default_coder = lambda: coder\n"
        "import measure; tests = {'bureau plans': measure.bureau(), 'work reports': measure.reports(Path(sys.argv[2]))}\n"
        "print(json.dumps({name: result['scores'] for name, result in tests.items()}))"
    )
    paths = [str(ROOT / "scripts" / "quality"), *filter(None, sys.path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    shown = subprocess.run(
        [sys.executable, "-c", code, coder, source],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    scores: dict[str, dict[str, float]] = json.loads(shown.stdout.splitlines()[-1])
    return scores


@task(name="publish", persist_result=False)
def publish(coder: str, models: str) -> None:
    """Put a coder in the place of the present one, in one step; the one before is kept beside it."""
    place = Path(models) / "coder"
    new, old = place.with_name(".coder-new"), place.with_name(".coder-before")
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(coder, new)
    place.rename(old)
    new.rename(place)


@flow(name="train", persist_result=False, validate_parameters=False)
def train(
    source: str, models: str = str(ROOT / "models"), baseline: str = str(ROOT / "evaluation/baseline.json")
) -> bool:
    """Train, measure, and publish where no figure is below its floor. Raises RuntimeError where one is."""
    import floors

    with tempfile.TemporaryDirectory(prefix="planmine-train-") as folder:
        candidate = str(Path(folder) / "coder")
        train_coder(source, candidate)
        scores = measure(source, candidate)
        guarded = floors.read_floors(Path(baseline))
        low = [line for name, own in scores.items() for line in floors.below(guarded, name, {"scores": own})]
        rows = [{"test": name, **own} for name, own in scores.items()]
        create_table_artifact(key="train-quality", table=rows, description="Figures of the new coder")
        if low:
            raise RuntimeError("the new coder is not published: " + "; ".join(low))
        publish(candidate, models)
    return True


if __name__ == "__main__":
    asked = options(sys.argv[1:])
    train(asked.source)
