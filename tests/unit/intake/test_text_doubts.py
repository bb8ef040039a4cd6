"""Text written by DOS, encoded twice, or quoted MySQL's way: read right, or told with its lines."""

import pytest

from tasks.intake.readers.read_file import read_file

FRENCH = "Société Générale;Crémerie Léa Noël François;à Orléans;garçon;dîner;où est l'hôtel\n"
WINDOWS_WORDS = "Société;l\u2019été — “Noël”…;cœur d\u2019Œuvre;50 €;Müller;Šimek;naïve\n"


def read(tmp_path, data, encoding="auto"):
    path = tmp_path / "f.csv"
    path.write_bytes(b"a;b;c;d;e;f\n" + data)
    return read_file(path, encoding, ";")


@pytest.mark.parametrize("text", [FRENCH, "a;b;c;d;e;Crème brûlée\n", "x;Zoë;y;z;u;Jürgen\n"])
def test_a_code_page_of_dos_is_read_as_what_it_is_and_told(tmp_path, text):
    raw = read(tmp_path, text.encode("cp850"))
    assert raw.encoding == "cp850"
    assert raw.rows.iloc[0, :6].tolist() == text.strip().split(";")
    assert raw.doubts[0].startswith("it is read as cp850, a code page of DOS")


@pytest.mark.parametrize(
    ("text", "encoding", "lines"),
    [
        (FRENCH + "Prix;25 ¢;d;e;é;é\n", "auto", "1 characters are others in cp437"),
        (FRENCH + "Ωmega;Σ;d;e;é;é\n", "auto", "2 characters are others in cp437"),
        (FRENCH + "Prix;25 ¢;≥ 5;e;é;é\n", "cp850", "2 characters are others in cp437"),
    ],
)
def test_the_older_code_page_of_dos_is_told_where_the_two_differ(tmp_path, text, encoding, lines):
    raw = read(tmp_path, text.encode("cp437"), encoding)
    assert raw.encoding == "cp850"
    assert raw.doubts[-1] == f"{lines}; if they look wrong, try `encoding: cp437` (lines 3)."
    assert read(tmp_path, text.encode("cp437"), "cp437").doubts == ()


@pytest.mark.parametrize(("text", "encoding"), [(FRENCH, "auto"), (FRENCH + "FORÊT;Ève;À;Søren;é;é\n", "cp850")])
def test_the_older_code_page_is_not_told_where_it_is_the_same_or_in_a_word_of_a_named_one(tmp_path, text, encoding):
    assert "cp437" not in " ".join(read(tmp_path, text.encode("cp850"), encoding).doubts)


@pytest.mark.parametrize("text", [FRENCH, WINDOWS_WORDS[:-1].replace(";naïve", "") + "\n", "a;b;c;d;e;Prix : 5 €\n"])
def test_windows_own_signs_are_not_taken_for_dos(tmp_path, text):
    raw = read(tmp_path, text.encode("cp1252"))
    assert (raw.encoding, raw.doubts) == ("cp1252", ())


def test_an_encoding_that_is_named_is_believed_and_doubted(tmp_path):
    raw = read(tmp_path, FRENCH.encode("cp850"), "latin-1")
    assert raw.encoding == "latin-1"
    assert raw.doubts == ("it is read as latin-1, but its bytes look like a code page of DOS: try `encoding: cp850`.",)


def test_utf8_encoded_twice_is_told_with_its_lines(tmp_path):
    twice = "l\u2019été;Société;cœur;À;Müller;€ 5\n".encode().decode("cp1252", errors="ignore").encode()
    raw = read(tmp_path, b"1;2;3;4;5;6\n" + twice)
    assert "look like UTF-8 that was encoded twice" in raw.doubts[0]
    assert "(lines 3)" in raw.doubts[0] or "(lines 3 …)" in raw.doubts[0]


@pytest.mark.parametrize("text", [FRENCH, WINDOWS_WORDS, "ÂGE;PÂTÉ;Ãéa;São Paulo;â;€\n"])
def test_utf8_encoded_once_is_not_doubted(tmp_path, text):
    assert read(tmp_path, text.encode()).doubts == ()


def test_a_quote_behind_a_backslash_is_told_with_its_line(tmp_path):
    raw = read(tmp_path, b'1;"Dupont \\"Le Grand\\" SARL";3;4;5;6\n2;"C:\\dir\\";3;4;5;6\n')
    assert raw.doubts[0].startswith("2 quotes stand behind a backslash, as MySQL writes them")
    assert raw.doubts[0].endswith("(lines 2).")
    assert read(tmp_path, b'2;"C:\\dir\\";3;4;5;6\n').doubts == ()
