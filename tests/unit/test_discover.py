"""Files, folders and globs; what a manifest says, and what is wrong in it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from planmine.corpus import SourceFile, discover, read
from planmine.records import Failure

TEXT = "环卫工作计划\n新建公厕12座，清扫主次干道{}条。"


def corpus(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXT.format(number + 1), encoding="utf-8")
    return folder


def names(files: list[SourceFile]) -> list[str]:
    return [file.name for file in files]


def about(failures: list[Failure], file: str) -> Failure:
    (failure,) = [failure for failure in failures if failure.file == file]
    assert failure.stage == "corpus" and failure.remedy
    return failure


def test_a_folder_is_walked_in_order_without_what_is_hidden(tmp_path: Path) -> None:
    corpus(
        tmp_path,
        "b.txt",
        "a.txt",
        "甲市/2020.md",
        "甲市/深/x.txt",
        "facts.yaml",
        ".hidden",
        ".git/x.txt",
        "~$lock.docx",
    )
    (tmp_path / "manifest.csv").write_text("file\n", encoding="utf-8")
    files, failures = discover([tmp_path])
    assert names(files) == ["a.txt", "b.txt", "甲市/2020.md", "甲市/深/x.txt"]
    assert failures == []
    assert discover([str(tmp_path)])[0] == files


def test_files_and_globs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus(tmp_path, "plans/b.txt", "plans/a.md", "plans/deep/c.txt")
    monkeypatch.chdir(tmp_path)
    assert names(discover(["plans/*.txt"])[0]) == ["plans/b.txt"]
    assert names(discover(["plans/**/*.txt"])[0]) == ["plans/b.txt", "plans/deep/c.txt"]
    assert names(discover(["plans/*"])[0]) == ["plans/a.md", "plans/b.txt", "plans/deep/c.txt"]
    assert names(discover(["plans/b.txt"])[0]) == ["plans/b.txt"]
    assert names(discover([tmp_path / "plans" / "b.txt"])[0]) == ["b.txt"]  # no folders of the machine
    assert names(discover(["plans", "plans/b.txt", "plans/*.md"])[0]) == ["a.md", "b.txt", "deep/c.txt"]


def test_what_is_not_there(tmp_path: Path) -> None:
    files, failures = discover([tmp_path / "gone.txt", tmp_path / "*.pdf", "https://example.org/plan.html"])
    assert names(files) == ["gone.txt"]  # told by its reader, like a file that vanishes later
    assert "gone" in read(files[0])[1][0].reason
    assert "no file matches" in about(failures, str(tmp_path / "*.pdf")).reason
    assert "address" in about(failures, "https://example.org/plan.html").reason


def test_files_of_two_folders_with_the_same_name(tmp_path: Path) -> None:
    corpus(tmp_path, "甲/2020/plan.txt", "乙/2020/plan.txt", "乙/2020/other.txt")
    files, _ = discover([tmp_path / "甲", tmp_path / "乙"])
    assert names(files) == ["2020/other.txt", "乙/2020/plan.txt", "甲/2020/plan.txt"]


def test_the_same_bytes_are_read_once(tmp_path: Path) -> None:
    corpus(tmp_path, "b.txt", "c.txt")
    (tmp_path / "a.txt").write_bytes((tmp_path / "b.txt").read_bytes())
    (tmp_path / "empty.txt").touch()
    (tmp_path / "empty2.txt").touch()
    files, failures = discover([tmp_path])
    assert names(files) == ["a.txt", "c.txt", "empty.txt", "empty2.txt"]
    assert "duplicate of a.txt" in about(failures, "b.txt").reason


@pytest.mark.attack(
    "Symlinks out of the folder of plans, to a file and to a folder", "not followed, each a failure row"
)
def test_links_that_leave_the_folder(tmp_path: Path) -> None:
    outside = corpus(tmp_path / "outside", "x.txt", "deep/y.txt")
    inside = corpus(tmp_path / "inside", "a.txt")
    (inside / "link.txt").symlink_to(outside / "x.txt")
    (inside / "folder").symlink_to(outside / "deep")
    files, failures = discover([inside])
    assert names(files) == ["a.txt"]
    assert {failure.file for failure in failures} == {"link.txt", "folder"}


# ---- manifest.csv ----


def manifest(folder: Path, text: str, encoding: str = "utf-8-sig") -> None:
    (folder / "manifest.csv").write_bytes(text.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_row_wins_over_the_text(tmp_path: Path, encoding: str) -> None:
    corpus(tmp_path, "a.txt", "深/b.txt")
    manifest(
        tmp_path,
        "file,city,year,agency,title\na.txt,绥宁县,2021,城管局,某计划\n深/b.txt,长沙市,,,\n",
        encoding,
    )
    files, failures = discover([tmp_path])
    assert failures == []
    plan = read(files[0])[0][0]
    assert (plan.city, plan.city_code, plan.year_from, plan.title) == ("绥宁县", "430527", 2021, "某计划")
    assert read(files[1])[0][0].city_code == "430100"
    # The same file given by itself says the same.
    assert discover([tmp_path / "a.txt"])[0][0].manifest == files[0].manifest


def test_the_manifest_next_to_a_file_wins_over_that_above(tmp_path: Path) -> None:
    corpus(tmp_path, "deep/a.txt")
    manifest(tmp_path, "file,city,year\ndeep/a.txt,长沙市,2020\n")
    manifest(tmp_path / "deep", "file,city\na.txt,绥宁县\n")
    assert discover([tmp_path])[0][0].manifest == {"city": "绥宁县", "year": "2020"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("../x.txt,长沙市,2020", "leaves"),
        ("/etc/hostname,长沙市,2020", "leaves"),
        ("C:\\plans\\x.txt,长沙市,2020", "leaves"),
        ("deep/../../x.txt,长沙市,2020", "leaves"),
        ("link.txt,长沙市,2020", "leaves"),
        ("missing.txt,长沙市,2020", "missing"),
        (",长沙市,2020", "without a file"),
        ("a.txt,长沙市,2020\na.txt,绥宁县,2021", "second row"),
        ("a.txt,乌有之乡,2020", "乌有之乡"),
        ("a.txt,长沙市,去年", "去年"),
    ],
)
@pytest.mark.attack("A row of manifest.csv")
def test_each_fault_of_a_manifest_is_one_failure_and_the_run_goes_on(
    tmp_path: Path, row: str, reason: str, got: Callable[[object], None]
) -> None:
    folder = corpus(tmp_path / "plans", "a.txt", "b.txt")
    (tmp_path / "x.txt").write_text("外面的文件", encoding="utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "x.txt")
    manifest(folder, f"file,city,year\n{row}\nb.txt,绥宁县,2019\n")
    files, failures = discover([folder])
    assert names(files) == ["a.txt", "b.txt"]
    assert files[1].manifest == {"city": "绥宁县", "year": "2019"}
    (problem,) = [f for f in failures if f.file != "link.txt"]
    assert problem.file.startswith("manifest.csv#row=")
    got(problem.reason)
    assert reason in problem.reason
    assert problem.remedy


def test_an_invented_city_is_no_fault(tmp_path: Path) -> None:
    corpus(tmp_path, "a.txt")
    manifest(tmp_path, "file,city,invented\na.txt,乌有市,yes\n")
    files, failures = discover([tmp_path])
    assert failures == []
    assert read(files[0])[0][0].city == "乌有市"


def test_a_wrong_cell_leaves_the_rest_of_its_row(tmp_path: Path) -> None:
    corpus(tmp_path, "a.txt")
    manifest(tmp_path, "file,city,city_code,year\na.txt,乌有之乡,430527,2020\n")
    files, failures = discover([tmp_path])
    assert files[0].manifest == {"city_code": "430527", "year": "2020"}
    assert [f.file for f in failures] == ["manifest.csv#row=2"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"name,city\na.txt,x\n", "no column `file`"),
        (b"", "no column `file`"),
        (bytes(range(256)) * 9, "cannot be read"),
        (b"file,mayor\na.txt,x\n", "`mayor`"),
    ],
)
def test_a_manifest_that_cannot_be_used(tmp_path: Path, data: bytes, reason: str) -> None:
    corpus(tmp_path, "a.txt")
    (tmp_path / "manifest.csv").write_bytes(data)
    files, failures = discover([tmp_path])
    assert names(files) == ["a.txt"]
    assert reason in about(failures, "manifest.csv").reason


def test_a_missing_file_is_told_even_where_the_folder_is_empty(tmp_path: Path) -> None:
    manifest(tmp_path, "file\nplan.txt\n")
    files, failures = discover([tmp_path])
    assert files == []
    assert "missing" in failures[0].reason


def test_the_order_of_sources_does_not_matter(tmp_path: Path) -> None:
    corpus(tmp_path, "甲/a.txt", "乙/b.txt", "乙/a.txt")
    sources = [tmp_path / "甲", tmp_path / "乙", tmp_path / "乙" / "b.txt"]
    assert discover(sources)[0][:2] == discover([*reversed(sources[:2]), sources[2]])[0][:2]


def test_a_closed_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus(tmp_path, "a.txt", "shut/b.txt")
    scandir = os.scandir

    def closed(path: str) -> object:
        if os.fspath(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    files, failures = discover([tmp_path])
    assert names(files) == ["a.txt"]
    assert "cannot be opened" in about(failures, "shut").reason
