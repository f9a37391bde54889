"""What a process keeps to its end is out of the garbage collector's sight."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from orchestration.memory import made_to_stay


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
