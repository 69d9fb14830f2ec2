"""The file: written whole or not at all, and never believed when it is not what was written."""

import os

import pytest

from services.directory.search import Entry, Index, NoSnapshot, Query, snapshot


def filled() -> Index:
    index = Index()
    index.update([Entry(id=f"c{n}", version=n, names=(f"Haus {n}",), point=(50.0, n / 10)) for n in range(100)])
    return index


def test_a_restarted_service_knows_what_it_knew_and_until_when(tmp_path):
    filled().save(tmp_path / "index", {"seen": {"directory.center.v1": 17}})
    index = Index()
    assert index.load(tmp_path / "index") == {"seen": {"directory.center.v1": 17}}
    assert index.search(Query(text="haus 42")).ids == ("c42",)
    assert index.versions(["c42", "nobody"]) == {"c42": 42}


def test_an_empty_index_can_be_saved_and_loaded(tmp_path):
    Index().save(tmp_path / "index", {})
    index = Index()
    index.load(tmp_path / "index")
    assert (len(index), index.search(Query()).total) == (0, 0)


def test_nothing_changed_writes_the_same_again(tmp_path):
    index = filled()
    index.save(tmp_path / "one", {})
    index.save(tmp_path / "two", {})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_loaded_index_goes_on_changing_and_its_file_does_not(tmp_path):
    filled().save(tmp_path / "index", {})
    before = (tmp_path / "index").read_bytes()
    index = Index()
    index.load(tmp_path / "index")
    index.update([Entry(id="c42", version=99, names=("Neues Haus",))])
    index.remove(["c43"])
    index.merge()
    assert index.search(Query(text="neues haus")).ids == ("c42",)
    assert (tmp_path / "index").read_bytes() == before


@pytest.mark.parametrize("part", [0, 0.01, 0.5, 0.99])
def test_a_torn_file_is_refused(tmp_path, part):
    filled().save(tmp_path / "index", {})
    whole = (tmp_path / "index").read_bytes()
    (tmp_path / "index").write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(NoSnapshot):
        Index().load(tmp_path / "index")


@pytest.mark.parametrize("place", [0, 0.2, 0.6, 0.999])
def test_a_changed_byte_is_noticed(tmp_path, place):
    filled().save(tmp_path / "index", {})
    content = bytearray((tmp_path / "index").read_bytes())
    content[int(len(content) * place)] ^= 1
    (tmp_path / "index").write_bytes(content)
    with pytest.raises(NoSnapshot):
        Index().load(tmp_path / "index")


def test_a_foreign_file_a_directory_or_none_is_refused(tmp_path):
    (tmp_path / "foreign").write_bytes(os.urandom(5000))
    for name in ("foreign", "nothing", "."):
        with pytest.raises(NoSnapshot):
            Index().load(tmp_path / name)


def test_a_file_of_another_layout_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "_FORMAT", b"mine search 0 little")
    filled().save(tmp_path / "index", {})
    monkeypatch.undo()
    with pytest.raises(NoSnapshot, match="version"):
        Index().load(tmp_path / "index")


def test_when_writing_fails_the_file_before_stays(tmp_path, monkeypatch):
    filled().save(tmp_path / "index", {"n": 1})

    def full(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    index = filled()
    index.remove(["c1"])
    with pytest.raises(OSError, match="no space"):
        index.save(tmp_path / "index", {"n": 2})
    monkeypatch.undo()
    assert Index().load(tmp_path / "index") == {"n": 1}
    index.save(tmp_path / "index", {"n": 3})
    assert Index().load(tmp_path / "index") == {"n": 3}


def test_a_file_that_cannot_be_trusted_leaves_the_index_as_it_was(tmp_path):
    index = filled()
    with pytest.raises(NoSnapshot):
        index.load(tmp_path / "nothing")
    assert len(index) == 100
