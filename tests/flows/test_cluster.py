"""The flow on a Dask cluster of two workers, its store in an S3 server on loopback: the tables of one machine."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from planmine import reading
from planmine.run import run
from planmine.workspace import Damaged, Files, Workspace
from planmine.workspace.checking import check

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("tables_only")


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        import s3fs

        s3fs.S3FileSystem(skip_instance_cache=True).mkdir("planmine")
        yield "s3://planmine"
    server.stop()


def tables(workspace: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (workspace / "reports/latest/tables").iterdir()}


def test_files_in_an_object_store_are_as_those_on_a_disk(bucket: str) -> None:
    files = Files(f"{bucket}/files")
    digest = files.write("parts/a", b"one")
    assert files.read("parts/a", digest) == b"one" and files.names("parts") == ["parts/a"]
    with pytest.raises(Damaged):
        files.read("parts/a", "0" * 64)
    with pytest.raises(Damaged, match="missing"):
        files.read("parts/b", digest)
    files.remove("parts/a")
    assert not files.exists("parts/a") and files.names("parts") == []


def test_dask_and_s3_give_the_tables_of_one_machine(
    prefect: None, bucket: str, plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH_FILES", 1)
    (plans / "empty.txt").write_bytes(b"")
    flow = runpy.run_path(str(ROOT / "flows/analyse.py"), run_name="flows.analyse")
    engine = flow["runner"]("dask", None, 2)
    on_cluster = flow["analyse"].with_options(task_runner=engine)
    summary = on_cluster([str(plans)], str(tmp_path / "dask"), store=f"{bucket}/store")
    run([plans], tmp_path / "one")
    assert (summary.plans, len(summary.failures)) == (2, 1)
    assert tables(tmp_path / "dask") == tables(tmp_path / "one")
    place = Workspace(tmp_path / "dask")  # it knows its store
    assert not check(place).problems and not (tmp_path / "dask/parts").exists()
    assert len(place.files.names("parts")) == 3
