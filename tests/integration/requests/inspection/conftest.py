"""Fixtures: one sent file is inspected, and what its examination took is looked at."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.domain.requests.files import RefusedFile
from tasks.requests.inspection import examine

MOST_MEMORY = 200_000_000


@dataclass
class Inspector:
    """Inspects files, and holds each examination to its memory."""

    folder: Path
    peaks: list

    def inspect(self, name, content, *accept):
        received = self.folder / "received.part"
        received.write_bytes(content)
        inspected = examine.inspect_file(received, name, accept, folder=self.folder)
        assert received.read_bytes() == content
        assert sorted(self.folder.iterdir()) == sorted({received, inspected.path})
        return inspected

    def refusal(self, name, content, *accept):
        with pytest.raises(RefusedFile) as refused:
            self.inspect(name, content, *accept)
        assert [path.name for path in self.folder.iterdir()] == ["received.part"]
        return refused.value


@pytest.fixture
def inspector(tmp_path, monkeypatch):
    is_refusal, peaks = examine._is_refusal, []

    def noted(result):
        peaks.append(result["used"]["memory"])
        return is_refusal(result)

    monkeypatch.setattr(examine, "_is_refusal", noted)
    yield Inspector(tmp_path, peaks)
    assert not peaks or max(peaks) < MOST_MEMORY
