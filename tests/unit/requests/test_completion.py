"""When a request is complete, and when it is done (A3)."""

import pytest

from tasks.domain.requests.completion import ItemState, progress_of

OPTIONAL, REVIEWED = {"is_optional": True}, {"is_reviewed": True}


@pytest.mark.parametrize(
    ("items", "is_complete", "is_done"),
    [
        ([("open", {})], False, False),
        ([("received", {}), ("open", {})], False, False),
        ([("received", {}), ("open", OPTIONAL)], True, True),
        ([("received", {}), ("returned", {})], False, False),
        ([("received", REVIEWED)], True, False),
        ([("accepted", REVIEWED), ("not_applicable", {})], True, True),
        ([("open", OPTIONAL)], False, False),
        ([("received", OPTIONAL)], True, True),
        ([], False, False),
    ],
)
def test_what_is_required_decides(items, is_complete, is_done):
    progress = progress_of(ItemState(status, **others) for status, others in items)
    assert (progress.is_complete, progress.is_done) == (is_complete, is_done)
    assert progress.received == sum(status not in ("open", "returned") for status, _ in items)
