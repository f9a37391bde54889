"""What a process keeps to its end is out of the garbage collector's sight, and is not taken apart then."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from orchestration.memory import made_to_stay
from tests.programs import python


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_made_to_stay_is_not_looked_through_again() -> None:
    with made_to_stay():
        assert not gc.isenabled()
        made: list[object] = [{}]
        made.append(made)
    assert gc.isenabled()
    assert not any(found is made for found in gc.get_objects())


def test_the_collector_works_on_where_making_failed() -> None:
    with pytest.raises(ZeroDivisionError), made_to_stay():
        _ = 1 / 0
    assert gc.isenabled()


def test_who_leaves_has_said_everything_and_done_what_is_left_for_the_end() -> None:
    script = (
        "import atexit; from orchestration.memory import leave\n"
        "class Large:\n"
        "    def __del__(self): print('taken apart')\n"
        "large = Large(); atexit.register(print, 'at the end'); print('said', end=' '); leave(3)"
    )
    done = python(script)
    assert (done.returncode, done.stdout, done.stderr) == (3, "said at the end\n", "")
