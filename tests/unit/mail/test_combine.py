"""Bodies of several messages as one: nothing of any part is lost, and what all say is said once (K1)."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.mail.digest import _blocks, _shared, combine

words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=5)


@settings(max_examples=300, deadline=None)
@given(st.lists(words, min_size=1, max_size=4))
def test_k1_what_is_shared_and_the_rest_give_back_every_body(bodies):
    opening, rests, closing = _shared(bodies)
    assert [[*opening, *rest, *closing] for rest in rests] == bodies


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


def test_only_messages_of_tasks_to_one_recipient_of_one_day_and_language_are_combined():
    keys = (
        ("task", "R1", "a", "fr"),
        ("activity", "R1", "a", "fr"),
        ("task", "R2", "a", "fr"),
        ("task", "R1", "b", "fr"),
        ("task", "R1", "a", "nl"),
    )
    rows = [
        {"message_id": n, "cause_kind": cause, "recipient_kind": "relation", "recipient_id": who, "send_on": day}
        | {"mail_language": language, "subject": f"s{n}", "body_text": "x", "body_html": "<p>x</p>"}
        for n, (cause, who, day, language) in enumerate(keys)
    ]
    assert combine(pd.DataFrame(rows), None)["carrier_id"].isna().all()
