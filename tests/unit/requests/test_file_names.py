"""Names of files are made harmless: one part, visible, short, valid on every system, with the right ending."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.domain.requests.files import ENDINGS, KINDS, clean_name, ending_of, name_for

AWKWARD = './\\:*?"<>|\u202e\u200b\u00a0\u0301\ufeff\x00\n CONcon1pdfé😀ﬁ٣'
NAMES = st.text(max_size=300) | st.text(alphabet=AWKWARD, max_size=200)


@given(NAMES)
@example("a" * 119 + " .pdf")
@example("CON.pdf")
@example("\u0338<a.pdf")
@example("😀" * 118 + ".pdf")
@example("." * 200)
@example("\ud800.pdf")
def test_a_clean_name_is_harmless(name):
    clean = clean_name(name)
    assert 0 < len(clean) <= 120
    assert len(clean.encode()) <= 180
    assert not set(clean) & set('/\\<>:"|?*')
    assert not [c for c in clean if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert clean == clean.strip(". ")
    assert unicodedata.is_normalized("NFC", clean)
    assert clean.split(".")[0].strip().upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}


@given(NAMES)
@example("\u200b.\u0301a")
@example("LPT1 .pdf")
def test_a_clean_name_stays_as_it_is(name):
    assert clean_name(clean_name(name)) == clean_name(name)


@given(NAMES, st.sampled_from([ending for endings in ENDINGS.values() for ending in endings]))
def test_a_long_name_keeps_its_ending(name, ending):
    assert clean_name(f"{name}x.{ending}").endswith(f"x.{ending}"[1:])
    assert ending_of(clean_name(f"{name}x.{ending}")) == ending


@given(NAMES, st.sampled_from(KINDS))
@example("\u0301.heic", "jpeg")
@example("a" * 115 + ".heic", "jpeg")
def test_a_name_ends_as_the_kept_type(name, kind):
    made = name_for(clean_name(name), kind)
    assert ending_of(made) in ENDINGS[kind]
    assert clean_name(made) == made


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Relevé d'août.pdf", "Relevé d'août.pdf"),
        ("Releve\u0301.pdf", "Relevé.pdf"),
        ("C:\\Users\\me\\scan.pdf", "scan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("/home/me/folder/", "folder"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200bb\u2060c.pdf", "abc.pdf"),
        ("line\r\nbreak.pdf", "linebreak.pdf"),
        ("con.pdf", "_con.pdf"),
        ("NUL", "_NUL"),
        ("LPT¹.txt", "_LPT¹.txt"),
        ("contract.pdf", "contract.pdf"),
        ("  .hidden. ", "hidden"),
        ("...", "document"),
        ("\u3164", "document"),
        ("", "document"),
        ('a<b>:"c|d?e*.pdf', "a_b___c_d_e_.pdf"),
    ],
)
def test_names_that_devices_and_attackers_send(name, clean):
    assert clean_name(name) == clean


@pytest.mark.parametrize(
    ("name", "kind", "made"),
    [
        ("IMG_1.heic", "jpeg", "IMG_1.jpeg"),
        ("IMG_1.HEIC", "jpeg", "IMG_1.jpeg"),
        ("IMG_1.JPG", "jpeg", "IMG_1.JPG"),
        ("fax.tif", "pdf", "fax.pdf"),
        ("Lease 12.03", "pdf", "Lease 12.03.pdf"),
        ("scan", "pdf", "scan.pdf"),
    ],
)
def test_the_ending_is_that_of_what_is_kept(name, kind, made):
    assert name_for(name, kind) == made
