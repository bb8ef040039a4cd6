"""Which encoding makes words of a file's bytes: found by letters, and doubted where another makes words as well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.intake.readers.read_file import read_bytes

FRENCH = "Société;Léa Noël;où est l'hôtel;garçon;à Orléans;N° 5\n"
GERMAN = "Müller;Größe;Straße;Köln;Ärzte;Übung\n"
DUTCH = "Zoë;geïnd;coördinatie;vóór;één;München\n"
CAPITALS = "HÉLÈNE;NOËL;FRANÇOIS;ÂGÉ;DÉPÔT;ÎLE\n"
TEXTS = [FRENCH, GERMAN, DUTCH, CAPITALS]


def read(text, encoding, stated="auto"):
    return read_bytes("f.csv", b"a;b;c;d;e;f\n" + text.encode(encoding), stated, ";")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac-roman"])
def test_words_in_any_of_three_encodings_are_read_right(text, encoding):
    raw = read(text, encoding)
    assert raw.rows.iloc[0, :6].tolist() == text.strip().split(";")
    assert raw.encoding == encoding.replace("-", "_")


def test_macintosh_line_ends_and_letters_are_read_together():
    raw = read_bytes("f.csv", "a;b\rLéa;Noël\rZoé;Ève\r".encode("mac-roman"), "auto", ";")
    assert raw.rows["b"].tolist() == ["Noël", "Ève"]
    assert raw.doubts[0].startswith("it is read as mac_roman, an encoding of old Macintoshes, by the letters")


@pytest.mark.parametrize("text", TEXTS)
def test_windows_words_are_read_without_a_word(text):
    assert read(text, "cp1252").doubts == ()


def test_where_another_encoding_makes_words_too_the_letters_that_differ_are_told():
    # 0x8E is é of a Macintosh, Ä of DOS and Ž of Windows: a name of one letter says nothing.
    raw = read_bytes("f.csv", b"a;b\n\x8e;x\n", "auto", ";")
    assert raw.encoding == "cp1252"
    assert raw.doubts[0] == (
        "it is read as cp1252, but nothing shows that: 'Ž' would be 'Ä' in cp850 and 'Ž' would be 'é' in "
        "mac_roman; if letters look wrong, name the encoding."
    )


def test_a_near_tie_is_told_with_its_letters():
    raw = read_bytes("f.csv", b"a;b\nAZ\xc9;x\n", "auto", ";")
    assert (raw.encoding, raw.rows["a"][0]) == ("cp1252", "AZÉ")
    raw = read_bytes("f.csv", b"a;b\n\xd6del;x\n", "auto", ";")
    assert raw.rows["a"][0] == "Ödel"
    assert "'Ö' would be 'Í' in cp850" in raw.doubts[0]


def test_signs_alone_are_no_doubt():
    # The euro, quotes and dashes of Windows stand in no other encoding at these places.
    assert read("“Prix” : 5 €;l\u2019été;x – y;…;©;d\n", "cp1252").doubts == ()


def test_a_named_encoding_that_makes_no_words_is_doubted_with_a_better_one():
    for stated, real in (("cp850", "cp1252"), ("cp1252", "mac-roman"), ("mac-roman", "cp850"), ("latin-1", "cp850")):
        raw = read("Société;Léa Noël;hôtel;dîner;naïf;x\n", real, stated)
        assert raw.encoding == stated
        assert any(f"try `encoding: {real.replace('-', '_')}`" in doubt for doubt in raw.doubts), (stated, real)


@pytest.mark.parametrize("text", ["5 €", "l\u2019été", "“x”"])
def test_signs_of_windows_under_latin_1_are_doubted(text):
    raw = read(f"{text};b;c;d;e;f\n", "cp1252", "latin-1")
    assert raw.doubts == ("it is read as latin-1, but its bytes look like Windows' encoding: try `encoding: cp1252`.",)


@pytest.mark.parametrize("text", ["Łódź;Kraków;Gdańsk;ąęś;ż;x\n", "Dvořák;Šťastný;Čapek;ů;ě;x\n"])
def test_letters_of_no_western_word_are_told(text):
    raw = read(text, "cp1250")
    assert any("cp1250" in doubt for doubt in raw.doubts)


def test_letters_that_an_encoding_lacked_are_told():
    raw = read_bytes("f.csv", b"a;b\n?ukasz Ko?ciuszko;x\nWas?;what?\n", "auto", ";")
    assert raw.doubts[0] == (
        "2 places have a question mark inside a word, as a spreadsheet writes for a letter that its encoding lacks "
        "(lines 2)."
    )
    assert read_bytes("f.csv", b"a;b\nhttp://x.example/p?id=1;x?\n", "auto", ";").doubts == ()


def test_a_letter_that_was_lost_before_is_told():
    raw = read_bytes("f.csv", "a;b\nZo\ufffd;x\n".encode(), "auto", ";")
    assert raw.doubts == (
        "1 places hold the sign � for a letter that was lost before: correct them at the source (lines 2).",
    )


@given(st.lists(st.sampled_from(list("éèàçêôüöäßÉÜ")), min_size=2, max_size=12), st.data())
def test_text_in_windows_encoding_is_never_read_as_another_in_silence(letters, data):
    words = [data.draw(st.sampled_from(["Ha", "mo", "xa", "Be", ""])) + c.lower() + "lan" for c in letters]
    for encoding in ("cp1252", "cp850", "mac-roman"):
        raw = read_bytes("f.csv", b"a\n" + "\n".join(words).encode(encoding) + b"\n", "auto", ";")
        assert raw.rows["a"].tolist() == words or raw.doubts
