"""Which files a run reads: files, folders and globs, with the rows of ``manifest.csv``.

Failures name a file or a row of a manifest; none of them stops the run.
"""

from __future__ import annotations

import csv
import glob
import hashlib
import io
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from planmine import gazetteer
from planmine.corpus.readers import ReadError, decode
from planmine.records import Failure

MANIFEST = "manifest.csv"
COLUMNS = ("file", "city", "city_code", "year", "agency", "title", "doc_type", "published", "url", "invented")
SIDE_FILES = (".yaml", ".yml")  # notes about a folder of plans, no plans


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read. ``name`` is its path below the given folder, with ``/``; ``manifest`` its row."""

    path: Path
    name: str
    manifest: Mapping[str, str] = field(default_factory=dict)


def discover(sources: Sequence[str | Path]) -> tuple[list[SourceFile], list[Failure]]:
    """The files of the given files, folders (with all below them) and globs, sorted by name.

    Hidden files, lock files of Office, manifests and SIDE_FILES are left out of folders. A file that is given twice, and one
    whose bytes equal those of another, is read once; the latter is a failure row.
    """
    failures: list[Failure] = []
    found: dict[Path, SourceFile] = {}
    manifests = _Manifests()
    for source in map(str, sources):
        for root, path, name in _files(source, failures):
            if path.name == MANIFEST:
                failures.extend(manifests.problems(path.parent))
            elif path not in found:
                found[path] = SourceFile(path, name, manifests.row(root or path.parent, path))
    files = _distinct_names(found.values())
    files, doubles = _distinct_contents(files)
    return files, [*failures, *doubles]


Found = tuple[Path | None, Path, str]  # folder given, None for a file given by itself; path; name


def _files(source: str, failures: list[Failure]) -> Iterator[Found]:
    if re.match(r"https?://", source):
        failures.append(_failure(source, "an address, not a file", "save the page and give the file"))
        return
    given = Path(source)
    if given.exists() or not glob.has_magic(source):
        matches = [given]  # a missing file is told by its reader, like one that vanishes later
    else:
        matches = sorted(map(Path, glob.glob(source, recursive=True)))  # noqa: PTH207
        if not matches:
            failures.append(_failure(source, "no file matches", "check the pattern and the folder"))
    for match in matches:
        if match.is_dir():
            # Names are relative to a folder that is given, and keep the folder that a pattern found.
            prefix = PurePosixPath() if match is given else PurePosixPath(_given_name(match))
            root = match.resolve()
            for path in _walk(root, failures):
                yield root, path, (prefix / path.relative_to(root).as_posix()).as_posix()
        elif match is given or match.name != MANIFEST:
            yield None, Path(os.path.realpath(match.parent), match.name), _given_name(match)


def _given_name(path: Path) -> str:
    """A relative path as given; of an absolute one the name, so that no tables hold a machine's folders."""
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


def _walk(root: Path, failures: list[Failure]) -> Iterator[Path]:
    """Files below a folder in order, manifests among them; links that leave it are failures."""

    def shut(error: OSError) -> None:
        name = Path(error.filename).relative_to(root).as_posix()
        failures.append(_failure(name, f"the folder cannot be opened ({error.strerror})", "chmod u+rx"))

    for folder, folders, names in os.walk(root, onerror=shut):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if Path(folder, name).is_symlink()]
        for name in sorted([*names, *linked]):
            path = Path(folder, name)
            if name.startswith((".", "~$")) or name.lower().endswith(SIDE_FILES):
                continue
            if name in linked or (path.is_symlink() and not path.resolve().is_relative_to(root)):
                what = "a link to a folder" if name in linked else "a link that leaves its folder"
                remedy = "copy what it points to into the folder, or give its own path"
                failures.append(_failure(path.relative_to(root).as_posix(), what, remedy))
            else:
                yield path


def _distinct_names(files: Iterable[SourceFile]) -> list[SourceFile]:
    """Files of two folders that have the same name get their folder's name before it."""
    named: dict[str, list[SourceFile]] = defaultdict(list)
    for file in files:
        named[file.name].append(file)
    result = []
    for name, same in named.items():
        depth = len(PurePosixPath(name).parts)
        names = {file.path: name for file in same}
        while len(set(names.values())) < len(same):
            depth += 1
            names = {file.path: "/".join(file.path.parts[-depth:]).lstrip("/") for file in same}
        result += [SourceFile(file.path, names[file.path], file.manifest) for file in same]
    return sorted(result, key=lambda file: file.name)


def _distinct_contents(files: Sequence[SourceFile]) -> tuple[list[SourceFile], list[Failure]]:
    """Files without those whose bytes another has, too: kept is one that the manifest describes, else the first.

    Only files of the same size are opened.
    """
    sizes: dict[int, list[SourceFile]] = defaultdict(list)
    for file in files:
        try:
            sizes[file.path.stat().st_size].append(file)
        except OSError:
            continue  # its reader says why
    first: dict[str, str] = {}
    doubles: dict[Path, str] = {}
    for size, same in sizes.items():
        described_first = sorted(same, key=lambda file: not file.manifest)
        for file in described_first if size and len(same) > 1 else ():
            try:
                digest = hashlib.sha256(file.path.read_bytes()).hexdigest()
            except OSError:
                continue
            if first.setdefault(digest, file.name) != file.name:
                doubles[file.path] = first[digest]
    failures = [
        _failure(file.name, f"duplicate of {doubles[file.path]}: the same bytes", "remove one of the two")
        for file in files
        if file.path in doubles
    ]
    return [file for file in files if file.path not in doubles], failures


# ---- manifest.csv ----

Row = dict[str, str]


class _Manifests:
    """Manifests that were read, each once."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[dict[Path, Row], list[Failure]]] = {}

    def _of(self, folder: Path) -> tuple[dict[Path, Row], list[Failure]]:
        if folder not in self._read:
            self._read[folder] = _manifest(folder)
        return self._read[folder]

    def problems(self, folder: Path) -> list[Failure]:
        return self._of(folder)[1]

    def row(self, root: Path, path: Path) -> Row:
        """What manifests say of a file: that of its own folder wins over those of folders above."""
        row: Row = {}
        for folder in path.parents:
            row = self._of(folder)[0].get(path, {}) | row
            if folder == root:
                break
        return row


def _manifest(folder: Path) -> tuple[dict[Path, Row], list[Failure]]:
    """Rows of a folder's manifest by the path of their file, without what is wrong in them.

    Its columns are COLUMNS, or some of them. ``invented`` is ``yes`` where a city is made up (a sample),
    so that it is in no table; any other city that is in none is a failure, and left to the text.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return {}, []
    failures: list[Failure] = []
    try:
        text = decode(path.read_bytes())[0].lstrip("\ufeff")
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except (OSError, ReadError, csv.Error) as error:
        reason = getattr(error, "reason", str(error))
        return {}, [_failure(MANIFEST, f"cannot be read ({reason})", "save it as CSV in UTF-8")]
    header = [column.strip().lower() for column in lines[0]] if lines else []
    if "file" not in header:
        return {}, [_failure(MANIFEST, "no column `file`", f"columns are {', '.join(COLUMNS)}")]
    for column in header:
        if column not in COLUMNS:
            remedy = f"columns are {', '.join(COLUMNS)}"
            failures.append(_failure(MANIFEST, f"column `{column}` is not known and not read", remedy))
    rows: dict[Path, Row] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = {k: v.strip() for k, v in zip(header, line, strict=False) if k in COLUMNS and v.strip()}
        if not any(cell.strip() for cell in line):
            continue
        target, problem = _target(folder, cells.pop("file", ""))
        if problem is None and target in rows:
            problem = "a second row for the same file", "keep one of them; the first was used"
        if problem is not None or target is None:
            reason, remedy = problem or ("no file", "fill column `file`")
            failures.append(_failure(f"{MANIFEST}#row={number}", reason, remedy))
            continue
        rows[target] = cells
        for column, (sound, remedy) in _CHECKS.items():
            if column == "city" and cells.get("invented", "").lower() in ("yes", "true", "1", "是"):
                continue
            if column in cells and not sound(cells[column]):
                value = cells.pop(column)
                reason = f"{column} `{value}` of {target.relative_to(folder).as_posix()} is not known"
                failures.append(_failure(f"{MANIFEST}#row={number}", reason, remedy))
    return rows, failures


def _target(folder: Path, cell: str) -> tuple[Path | None, tuple[str, str] | None]:
    """The file that a row is about, or reason and remedy."""
    name = PurePosixPath(cell.replace("\\", "/"))
    if not cell:
        return None, ("a row without a file", "fill column `file`")
    outside = name.is_absolute() or PureWindowsPath(cell).is_absolute() or ".." in name.parts
    path = folder.joinpath(*name.parts) if not outside else folder
    if outside or not path.resolve().is_relative_to(folder.resolve()):
        return None, (f"`{cell}` leaves the manifest's folder", "give the path below the folder, without ..")
    if not path.is_file():
        return None, (f"`{cell}` is missing", "add the file, or remove the row")
    return path, None


def _place_is_known(name: str) -> bool:
    return bool(gazetteer.lookup(name))


def _code_is_known(code: str) -> bool:
    return gazetteer.by_code(code) is not None


def _is_period(year: str) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d{2}(?:\s*[-–—~至]\s*(?:19|20)\d{2})?年?", year))


_CHECKS: dict[str, tuple[Callable[[str], bool], str]] = {
    "city": (_place_is_known, "give the full name of a city or county (绥宁县), or column city_code"),
    "city_code": (_code_is_known, "give six digits of GB/T 2260 (430527)"),
    "year": (_is_period, "give a year (2021), or two (2021-2025)"),
}


def _failure(file: str, reason: str, remedy: str) -> Failure:
    return Failure(file=file, stage="corpus", reason=reason, remedy=remedy)
