"""The cache of generated code: shown, cleared and kept small, whatever other processes do, and no file that is not its own."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from small import draining, final_state, market
from test_cli import RUNNER

from sd_basis import InputError, cache, simulate
from sd_basis.cli import main

KEY = "0123456789abcdef" * 2


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("SD_BASIS_CACHE", str(tmp_path / "own"))
    return tmp_path / "own"


@pytest.fixture
def filled(own):
    simulate(draining().model)
    return own


def call(*arguments, code=0):
    done = RUNNER.invoke(main, ["cache", *arguments])
    assert done.exit_code == code, done.output
    return done


def age(path, days):
    when = time.time() - 86400 * days
    os.utime(path, (when, when))


def test_the_command_says_where_the_cache_is_and_what_it_holds(filled):
    about = json.loads(call("--json").stdout)
    files = list(filled.iterdir())
    assert about["folder"] == str(filled) and (about["models"], about["entries"]) == (1, len(files))
    assert about["bytes"] == sum(file.stat().st_size for file in files) and about["last_used"] == [about["last_used"][0]] * 2
    text = call().stdout
    assert str(filled) in text and f"{len(files)} files of 1 compiled model, " in text and "90 days" in text


def test_an_empty_and_a_missing_cache_hold_nothing(own):
    assert "0 files of 0 compiled models" in call().stdout and not own.exists()
    own.mkdir()
    assert json.loads(call("--clear", "--json").stdout)["entries"] == 0


def test_clearing_removes_what_is_ours_and_nothing_else(filled):
    others = ["notes.txt", KEY, f"{KEY}-", f"{KEY}-rhs.bak", f"{KEY[:31]}-rhs", f".{KEY}-rhs", f"x{KEY}-rhs", f"{KEY}-RHS"]
    for name in others:
        (filled / name).write_text("mine")
    (filled / f"{KEY}-folder").mkdir()
    (filled / f"{KEY}-link").symlink_to(filled / "notes.txt")
    (filled / f".{KEY}-rhs.0123abcd").write_text("unfinished")
    assert "Removed" in call("--clear").stdout
    assert sorted(path.name for path in filled.iterdir()) == sorted([*others, f"{KEY}-folder", f"{KEY}-link"])
    assert simulate(draining().model)["level"][0] == 8


def test_a_cache_that_is_no_folder_is_one_sentence(own):
    own.write_text("")
    for arguments in ([], ["--clear"]):
        (line,) = call(*arguments, code=2).stderr.splitlines()
        assert line.startswith(f"Error: cache {own}: it cannot be read") and "SD_BASIS_CACHE" in line
    assert final_state(draining().model)


def test_a_file_that_cannot_be_removed_is_one_sentence(filled, monkeypatch):
    def refuse(path, missing_ok=False):
        raise PermissionError(13, "Permission denied")
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(InputError, match="cannot be removed .Permission denied.; look at who owns the folder"):
        cache.clear()
    cache.prune()


def test_what_nobody_used_for_long_goes_when_new_code_comes_in(filled):
    old, recent, unfinished, others = (filled / name for name in (f"{KEY}-rhs", f"{KEY}-jacobian", f".{KEY}-rhs.0123abcd", "notes.txt"))
    for path, days in ((old, 91), (recent, 89), (unfinished, 2), (others, 1000)):
        path.write_text("x")
        age(path, days)
    simulate(draining().model)
    cache.prune_once.cache_clear()  # as in a new process
    assert old.exists()  # nothing new was compiled
    simulate(market().model)
    assert not old.exists() and not unfinished.exists() and recent.exists() and others.exists()


def test_beyond_its_size_the_cache_loses_what_was_unused_longest(own, monkeypatch):
    monkeypatch.setattr(cache, "KEEP_BYTES", 250)
    for number, kind in enumerate(("a", "b", "c", "d")):
        cache.keep(KEY, kind, b"x" * 68)  # 100 bytes with its digest
        age(own / f"{KEY}-{kind}", 10 - number)
    cache.prune()
    assert [entry.path.name for entry in cache.entries()] == [f"{KEY}-c", f"{KEY}-d"]


def test_using_an_entry_makes_it_young_and_leaves_it_as_written(filled):
    for path in filled.iterdir():
        age(path, 80)
    written = {path: path.stat().st_mtime_ns for path in filled.iterdir()}
    simulate(draining().model)
    assert all(time.time() - entry.used < 60 for entry in cache.entries() if entry.path.name.endswith(("rhs", "jacobian", "initial", "pattern")))
    assert written == {path: path.stat().st_mtime_ns for path in filled.iterdir()}


def test_showing_and_clearing_the_cache_import_nothing_heavy(filled):
    code = ("import sys\nfrom sd_basis.cli import main\ntry:\n    main(['cache', *sys.argv[1:]], prog_name='sd-basis')\nexcept SystemExit as end:\n"
            "    assert not end.code\nassert not {'numpy', 'sympy', 'scipy', 'matplotlib'} & set(sys.modules)")
    for arguments in ([], ["--clear"]):
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, cwd=Path(__file__).parents[1], capture_output=True)
    assert not list(filled.iterdir())


def compile_often(times):
    """Compile and run the same model again and again, as a process of its own does; return where it ends each time."""
    return [final_state(market().model, policies=["rise"]) for _ in range(times)]


def test_processes_that_compile_at_once_while_another_clears_agree(own):
    expected, cleared = final_state(market().model, policies=["rise"]), 0
    cache.clear()
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        at_work = [pool.submit(compile_often, 5) for _ in range(3)]
        while not all(future.done() for future in at_work):
            cleared += len(cache.clear())
            time.sleep(0.003)
        for future in at_work:
            assert future.result(timeout=60) == [expected] * 5
    assert cleared > 20
    assert compile_often(1) == [expected]
    found = cache.entries()
    assert found and all(entry.finished and cache.read(*entry.path.name.split("-")) for entry in found)
    assert {path.name for path in own.iterdir()} == {entry.path.name for entry in found}
