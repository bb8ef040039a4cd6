"""Placeholders: each is filled where it stands, once asked for, and never half."""

import pandas as pd

from tasks.mail.placeholders import fill_placeholders, placeholder

LINK, CODE = placeholder("page_link"), placeholder("code")


def claimed(*bodies):
    return pd.DataFrame({"message_id": range(1, len(bodies) + 1), "body_text": bodies, "body_html": bodies})


def test_each_filler_is_asked_once_for_the_messages_that_need_it():
    asked = []

    def numbers(rows):
        asked.append(rows["message_id"].tolist())
        return [f"<{n}>" for n in rows["message_id"]]

    filled = fill_placeholders(claimed("none", f"{LINK} {LINK}", LINK), {"page_link": numbers, "code": numbers})
    assert asked == [[2, 3]]
    assert filled["body_text"].tolist() == ["none", "<2> <2>", "<3>"]
    assert filled["body_html"].tolist() == ["none", "&lt;2&gt; &lt;2&gt;", "&lt;3&gt;"]
    assert filled["is_filled"].all()


def test_a_message_with_an_unknown_placeholder_or_without_a_value_is_not_filled():
    filled = fill_placeholders(claimed(f"{LINK}{CODE}", CODE, LINK), {"page_link": lambda rows: ["a"] * len(rows)})
    assert filled["is_filled"].tolist() == [False, False, True]


def test_nothing_claimed_gives_nothing():
    assert fill_placeholders(claimed(), {}).empty
