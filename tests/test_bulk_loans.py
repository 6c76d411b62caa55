"""Is a text that stands in several shards paid for by one, though all are under way at once?"""

from __future__ import annotations

from any_llm.bulk.loans import Loans

A, B, C = (0, b"a"), (1, b"b"), (2, b"c")


def test_the_first_pays_and_the_others_wait_until_it_is_back():
    loans = Loans()
    assert loans.share(0, [A]) == []
    assert loans.share(1, [A, B]) == [0]
    assert loans.share(2, [A, B, C]) == [0, 1]
    loans.back(2, waits=True)
    loans.back(1, waits=True)
    assert loans.ready() is None
    loans.back(0, waits=False)
    assert (loans.ready(), loans.ready(), loans.ready()) == (2, 1, None)


def test_two_that_wait_for_each_other_both_go_on():
    loans = Loans()
    loans.share(0, [A])
    loans.share(1, [A, B])
    loans.back(0, waits=False)
    loans.share(2, [B, C])
    loans.share(0, [C])  # its failed rows once more
    loans.back(1, waits=True)
    loans.back(2, waits=True)
    assert (loans.ready(), loans.ready()) == (1, 2)


def test_what_its_payer_could_not_get_is_paid_for_by_the_next():
    loans = Loans()
    loans.share(0, [A])
    assert loans.share(1, [A]) == [0]
    loans.back(0, waits=False)
    loans.back(1, waits=True)
    assert loans.ready() == 1
    assert loans.share(1, [A]) == []
