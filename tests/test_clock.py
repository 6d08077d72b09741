"""The time limits of the tests forgive one slow round, and not three."""

from __future__ import annotations

import pytest

from ldp_magic.sql.query import facts_of
from tests.clock import assert_quick, rounds


class Slow:
    """A clock, and work that takes these seconds by it, one round after the other."""

    def __init__(self, *seconds: float) -> None:
        self.now, self.rounds, self._seconds = 0.0, 0, seconds

    def clock(self) -> float:
        return self.now

    def work(self) -> int:
        self.now += self._seconds[self.rounds]
        self.rounds += 1
        return self.rounds


@pytest.mark.parametrize(("seconds", "needed"), [((1,), 1), ((3, 1), 2), ((3, 3, 1), 3)])
def test_one_quick_round_is_enough(seconds: tuple[float, ...], needed: int):
    slow = Slow(*seconds)
    assert assert_quick(slow.work, 2, clock=slow.clock) == needed == slow.rounds


def test_no_quick_round_fails():
    slow = Slow(4, 2.5, 3, 1)
    with pytest.raises(AssertionError, match=r"the best of 3 rounds took 2\.5 s, not less than 2 for a text$"):
        assert_quick(slow.work, 2, "for a text", clock=slow.clock)


def test_what_goes_wrong_is_not_tried_again():
    slow = Slow(3)
    with pytest.raises(ZeroDivisionError):
        assert_quick(lambda: slow.work() / 0, 2, clock=slow.clock)
    assert slow.rounds == 1


def test_who_times_nothing_fails():
    with pytest.raises(AssertionError, match="took inf s"):
        for _ in rounds(2):
            pass


def test_each_round_reads_anew():
    slow, read = Slow(3, 3, 1), []
    assert_quick(lambda: read.append(facts_of("SELECT 1 AS a_clock")) or slow.work(), 2, clock=slow.clock)
    assert len({id(facts) for facts in read}) == 3
