"""Benchmarks: ``python benchmarks [--source DIR]`` does the work, beside its peers, and writes docs/speed.md.

The peers are installed into build/peers, each in an environment of its own.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Annotated

import page
import typer
from measured import ROOT, alone
from task import write_task

BUILD = ROOT / "build"
PEERS = {"bertopic": ["bertopic==0.17.*"], "cntext": ["cntext==2.*", "ipython", "scipy"]}
SIZES = (1_000, 10_000, 100_000, 300_000, 1_000_000)
app = typer.Typer(help=__doc__, add_completion=False)


def environment(peer: str) -> str:
    """The Python that runs a peer: an environment of its own, made where it is not there.

    BERTopic stands on the project's sentence-transformers, as torch is large; cntext wants an older numpy, and so
    brings all that it needs.
    """
    if peer not in PEERS:
        return sys.executable
    folder = BUILD / "peers" / peer
    python = folder / "bin" / "python"
    if not (folder / "ready").is_file():
        typer.echo(f"installing {peer}", err=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        if peer == "bertopic":
            find = "import sysconfig; print(sysconfig.get_path('purelib'))"
            packages = subprocess.run([python, "-c", find], capture_output=True, text=True, check=True)
            Path(packages.stdout.strip(), "project.pth").write_text(sysconfig.get_path("purelib") + "\n")
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS[peer]], check=True)
        (folder / "ready").touch()
    return str(python)


@app.command()
def main(
    source: Annotated[str, typer.Option(help="folder of plans for growth, archive and reading")] = "-",
    only: Annotated[str, typer.Option(help="peers, growth, search, archive, extraction; comma between")] = "",
    largest: Annotated[int, typer.Option(help="most measures of growth")] = SIZES[-1],
) -> None:
    """Run the benchmarks chosen, or all (the archive only with a source), and write the page."""
    chosen = set(filter(None, only.split(","))) or {"peers", "growth", "search", "archive", "extraction"}
    if "peers" in chosen:
        sys.path.insert(0, str(ROOT / "tests"))
        import planted_overlap

        write_task(
            [planted_overlap.corpus(seed) for seed in range(3)],
            sorted((ROOT / "tests" / "golden").glob("paraphrases*.jsonl")),
        )
        encoder = ROOT / "models" / "e5zh"
        alone("ours.py")
        for peer in ("cosine", *PEERS):
            alone("peers.py", peer, str(encoder), python=environment(peer))
    if "growth" in chosen:
        for size in SIZES:
            if size <= largest:
                alone("growth.py", str(size), source)
    if "search" in chosen:
        alone("search.py", source)
    if "extraction" in chosen:
        alone("extraction.py", source)
    if "archive" in chosen and source != "-":
        alone("archive.py", source)
    page.write()
    typer.echo(ROOT / "docs" / "speed.md")


if __name__ == "__main__":
    app()
