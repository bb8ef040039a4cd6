"""Bodies of several messages as one: nothing of any part is lost, and what all say is said once (K1)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.mail.digest import _blocks, _shared

words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=5)


@settings(max_examples=300, deadline=None)
@given(st.lists(words, min_size=1, max_size=4))
def test_k1_what_is_shared_and_the_rest_give_back_every_body(bodies):
    opening, rests, closing = _shared(bodies)
    assert [[*opening, *rest, *closing] for rest in rests] == bodies


def test_k1_each_part_keeps_its_own_list_though_all_ask_for_the_same():
    for items in ("- A\n- B", "<ul>\n<li>A</li>\n</ul>"):
        bodies = [["Hello,", f"By day {n}:", items, "Bye"] for n in (1, 2)]
        assert _shared(bodies) == (["Hello,"], [body[1:3] for body in bodies], ["Bye"])


def test_blocks_are_whole_elements():
    html = "<p>Bonjour,</p>\n<p>Il manque :</p>\n<ul>\n<li>A</li>\n</ul>\n<p>Merci,<br>\nAnne</p>"
    assert _blocks(html) == [
        "<p>Bonjour,</p>",
        "<p>Il manque :</p>",
        "<ul>\n<li>A</li>\n</ul>",
        "<p>Merci,<br>\nAnne</p>",
    ]
    assert "\n".join(_blocks(html)) == html
    assert _blocks("") == []
