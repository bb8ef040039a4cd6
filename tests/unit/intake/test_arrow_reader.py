"""The fast reading and the exact one: the same rows, or the fast one declines."""

import pandas as pd
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from tasks.intake.readers import delimited
from tasks.intake.readers.arrow_reader import read_regular
from tasks.intake.readers.delimited import Format, read_delimited
from tasks.intake.readers.encoding import Text
from tasks.intake.readers.raw_file import UnreadableFile, raw_file

BLOCKS = (16, 64, 1 << 20)
PIECES = [
    "a",
    "é",
    "€",
    "𝄞",
    '"',
    '""',
    ",",
    ";",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "\0",
    " ",
    "\t",
    "\ufeff",
    "\x1a",
    "\u2028",
    "",
    "x" * 40,
]
CELLS = st.sampled_from(
    ["", " ", "1", "Zoé", '"a,b"', '"a\nb"', '"a\r\nb"', '"a""b"', 'a"b', '""', '"a"b', '"\n"', "x" * 50]
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def read(monkeypatch, text, separator, block):
    """The file as it is read, and whether by the fast way; with no block never by that."""
    taken = []

    def fast(*how):
        taken.append(None if block is None else read_regular(*how, block=block))
        return taken[-1]

    monkeypatch.setattr(delimited, "read_regular", fast)
    try:
        raw = raw_file("f.csv", "", read_delimited("f.csv", Text(text.encode(), 0, "utf-8"), Format(separator), 1))
    except UnreadableFile as error:
        return str(error), False
    return raw, taken != [None]


def same(text, separator=","):
    """Whether the fast way was taken by any size of block; it never makes a difference."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        exact, _ = read(monkeypatch, text, separator, None)
        ways = set()
        for block in BLOCKS:
            found, was_fast = read(monkeypatch, text, separator, block)
            ways.add(was_fast)
            if isinstance(exact, str):
                assert found == exact
                continue
            pd.testing.assert_frame_equal(found.rows, exact.rows)
            pd.testing.assert_frame_equal(found.ragged, exact.ragged)
    return any(ways)


@st.composite
def files(draw):
    """A table of awkward cells, mutated in a few places."""
    width = draw(st.integers(1, 4))
    end = draw(ENDS)
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=8))
    text = end.join([",".join(f"c{n}" for n in range(width)), *(",".join(row) for row in rows)])
    text += draw(st.sampled_from([end, "", end + end]))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(PIECES)) + text[at + draw(st.integers(0, 2)) :]
    return text


@settings(max_examples=400, deadline=None)
@given(files())
@example('a,b\n1,"\n')
@example('a\n"\n')
@example('a\n1\n"\r')
@example("a,b\n\ufeff1,2\n")
@example("a,b\r\r1,2\r")
@example("a,b\n,\n1,2\n")
@example('c0,c1,c2\n"a,b","a\r\nb","a\r\nb"\n')  # a block of 16 bytes ends between CR and LF
def test_fast_and_exact_reading_give_the_same_frames(text):
    event("fast" if same(text) else "exact")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.sampled_from(",;\t|"))
def test_no_text_at_all_is_read_in_two_ways(rest, separator):
    same(f"a{separator}b\n" + rest, separator)


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "a,b\n1,2",
        "a,b\r\n1,2\r\n\r\n",
        "a,b\r1,2\r",
        'a,b\n"1,1","x\ny"\n2,"q""q"\n',
        "a,b\n1,\n,\n ,\t\n",
        "a\n1\n",
        "a,b\n1,\0\n",
    ],
)
def test_a_regular_file_is_read_fast(text):
    assert same(text)


@pytest.mark.parametrize(
    "text",
    ["a,b\n1\n", "a,b\n\n1,2\n", 'a,b\n1,"2\n', 'a,b\n1,"2\n\n3"\n4,5\n', "a,b\n", "a,b\n" + "x" * (3 << 20) + ",1\n"],
)
def test_an_irregular_one_is_not(text):
    assert not same(text)
