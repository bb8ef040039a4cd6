"""Tokens and codes: always the same for the same key and parts, of one length, and never those of others."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.requests.tokens import ALPHABET, TOKEN_LENGTH, derive_code, derive_token, is_same, token_hash

KEYS = st.binary(min_size=32, max_size=64)
PARTS = st.lists(st.one_of(st.integers(), st.text(max_size=5)), max_size=4)


@given(KEYS, PARTS)
def test_a_token_is_always_the_same_and_ends_with_no_sign_that_ends_a_link(key, parts):
    token = derive_token(key, "page", *parts)
    assert token == derive_token(key, "page", *parts)
    assert re.fullmatch(f"[{ALPHABET}]{{{TOKEN_LENGTH}}}", token)


@given(KEYS, PARTS, PARTS)
def test_other_parts_another_purpose_or_another_key_give_another_token(key, one, other):
    same = [str(part) for part in one] == [str(part) for part in other]
    assert (derive_token(key, "page", *one) == derive_token(key, "page", *other)) is same
    assert derive_token(key, "page", *one) != derive_token(key, "form", *one)
    assert derive_token(key, "page", *one) != derive_token(key + b"x", "page", *one)


def test_parts_cannot_be_cut_in_another_place():
    assert derive_token(b"k" * 32, "page", "1", "23") != derive_token(b"k" * 32, "page", "12", "3")


@given(KEYS, st.integers())
def test_a_code_has_six_digits(key, number):
    assert re.fullmatch(r"\d{6}", derive_code(key, number))


def test_what_is_stored_is_a_hash_and_secrets_are_compared_whole():
    assert token_hash("a") == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    assert (is_same("a", "a"), is_same("a", "b"), is_same("é", "a")) == (True, False, False)
