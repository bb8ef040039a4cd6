"""ClamAV's daemon: only what it calls clean as a whole is clean; away, slow or over a limit is not."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tasks.requests.antivirus import AntivirusError, ScanResult, check_clamd, scan_file
from tests.harness.sent_files import EICAR

CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
TEST_TEXT_DIGEST = "44d88612fea8a8f36de82e1278abb02f:68:Test.Text\n"


class StandIn:
    """Speaks clamd's protocol: takes what is streamed, then answers as it was told.

    Attributes:
        reply: the answer; None to hang up without one.
        most: StreamMaxLength; over it the daemon answers and hangs up at once.
        received: what was streamed.
    """

    def __init__(self, family, address):
        self.reply, self.most, self.received, self.pause = "stream: OK", 1 << 30, b"", 0.0
        self.listening = socket.socket(family, socket.SOCK_STREAM)
        self.listening.bind(address)
        self.listening.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                with connection, contextlib.suppress(OSError):
                    self._answer(connection, connection.makefile("rb"))

    def _answer(self, connection, stream):
        command = b""
        while not command.endswith(b"\0"):
            command += stream.read(1)
        if command == b"zPING\0":
            connection.sendall(b"PONG\0")
            return
        self.received = b""
        while length := int.from_bytes(stream.read(4), "big"):
            self.received += stream.read(length)
            if len(self.received) > self.most:
                connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        time.sleep(self.pause)
        if self.reply is not None:
            connection.sendall(self.reply.encode() + b"\0")


@pytest.fixture
def stand_in():
    made = StandIn(socket.AF_INET, ("127.0.0.1", 0))
    made.address = f"tcp://127.0.0.1:{made.listening.getsockname()[1]}"
    yield made
    made.listening.close()


@pytest.fixture
def file(tmp_path):
    (tmp_path / "a").write_bytes(b"content" * 40_000)
    return tmp_path / "a"


@pytest.mark.parametrize(
    ("reply", "state", "signature"),
    [
        ("stream: OK", "clean", ""),
        ("stream: Win.Test.EICAR_HDB-1 FOUND", "infected", "Win.Test.EICAR_HDB-1"),
        (
            "stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND",
            "unscannable",
            "Heuristics.Limits.Exceeded.MaxFileSize",
        ),
        ("stream: Heuristics.Encrypted.PDF FOUND", "unscannable", "Heuristics.Encrypted.PDF"),
        ("INSTREAM size limit exceeded. ERROR", "unscannable", "INSTREAM size limit exceeded. ERROR"),
        ("stream: Can't allocate memory ERROR", "unscannable", "stream: Can't allocate memory ERROR"),
        ("UNKNOWN COMMAND", "unscannable", "UNKNOWN COMMAND"),
        ("other: OK", "unscannable", "other: OK"),
        ("stream: OK\nstream: X FOUND", "unscannable", "stream: OK\nstream: X FOUND"),
        ("", "unscannable", "an empty answer"),
        (None, "unscannable", "no answer from ClamAV: it hung up"),
        ("x" * 100_000, "unscannable", None),
    ],
)
def test_only_a_whole_answer_of_ok_is_clean(stand_in, file, reply, state, signature):
    stand_in.reply = reply
    result = scan_file(stand_in.address, file)
    assert result.state == state
    assert signature is None or result.signature == signature
    assert stand_in.received == file.read_bytes()


def test_a_file_over_the_daemons_limit_is_not_clean(stand_in, file):
    file.write_bytes(bytes(20_000_000))
    stand_in.most = 100_000
    assert scan_file(stand_in.address, file).state == "unscannable"


def test_a_daemon_that_takes_too_long_is_not_waited_for(stand_in, file):
    stand_in.pause = 30
    started = time.monotonic()
    assert scan_file(stand_in.address, file, seconds=0.3).state == "unscannable"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "address", ["unix:///nowhere/clamd.ctl", "tcp://127.0.0.1:1", "http://127.0.0.1:3310", "tcp://127.0.0.1", ""]
)
def test_a_daemon_that_is_away_leaves_a_file_unscanned(file, address):
    assert scan_file(address, file).state == "unscannable"
    with pytest.raises(AntivirusError, match="does not answer"):
        check_clamd(address, 1000)


def test_the_daemon_may_listen_at_a_path(file):
    with tempfile.TemporaryDirectory() as folder:
        made = StandIn(socket.AF_UNIX, f"{folder}/ctl")
        assert scan_file(f"unix://{folder}/ctl", file) == ScanResult("clean")
        made.listening.close()


def test_a_daemon_that_finds_nothing_is_told_of(stand_in):
    with pytest.raises(AntivirusError, match="EICAR"):
        check_clamd(stand_in.address, 1000)


def test_a_daemon_with_a_limit_below_that_of_uploads_is_told_of(stand_in):
    stand_in.reply, stand_in.most = "stream: X FOUND", 100_000
    with pytest.raises(AntivirusError, match=r"200,000 bytes \(INSTREAM size limit exceeded"):
        check_clamd(stand_in.address, 200_000)
    assert "200" not in check_clamd(stand_in.address, 50_000)


@pytest.fixture(scope="module")
def real():
    """A daemon that knows one signature, that of the test text, and scans files up to 1 MB."""
    if CLAMD is None:
        pytest.skip("clamd is not installed")
    folder = Path(tempfile.mkdtemp(prefix="relance-clamd-"))
    (folder / "db").mkdir()
    (folder / "db" / "test.hdb").write_text(TEST_TEXT_DIGEST, encoding="ascii")
    settings = {
        "LocalSocket": folder / "ctl",
        "DatabaseDirectory": folder / "db",
        "Foreground": "yes",
        "StreamMaxLength": "4M",
        "MaxFileSize": "1M",
        "LogFile": folder / "log",
    }
    (folder / "conf").write_text("".join(f"{key} {value}\n" for key, value in settings.items()), encoding="utf-8")
    with subprocess.Popen(
        [CLAMD, "-c", folder / "conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as daemon:
        until = time.monotonic() + 30
        while not (folder / "ctl").exists() and time.monotonic() < until and daemon.poll() is None:
            time.sleep(0.1)
        yield f"unix://{folder}/ctl"
        daemon.kill()
    shutil.rmtree(folder)


def test_the_real_daemon_finds_the_test_text_and_calls_others_clean(real, file):
    assert scan_file(real, file) == ScanResult("clean")
    file.write_bytes(EICAR)
    result = scan_file(real, file)
    assert result.state == "infected"
    assert result.signature.startswith("Test.Text")


def test_the_real_daemon_says_that_a_stream_is_too_long(real, file):
    file.write_bytes(bytes(6_000_000))
    assert scan_file(real, file) == ScanResult("unscannable", "INSTREAM size limit exceeded. ERROR")


def test_a_limit_over_which_the_real_daemon_says_ok_without_looking_is_told_of(real):
    assert check_clamd(real, 900_000).endswith("files of 900,000 bytes")
    with pytest.raises(AntivirusError, match="does not look into a file of 2,000,000 bytes"):
        check_clamd(real, 2_000_000)
