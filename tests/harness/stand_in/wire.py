"""HTTP/1.1 on loopback, kept alive: reads requests, acts out faults, writes what the journal already holds."""

import asyncio
import dataclasses
import socket
import struct
from collections.abc import Mapping
from http import HTTPStatus
from typing import NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from .control import control
from .faults import Fault, Schedule
from .routes import Answer, Request, answer
from .service import Service

READ_AHEAD = 4 * 1024 * 1024
TICK_SECONDS = 0.2


class Broken(Exception):
    """The connection is over, by a fault or by the client."""


class Server:
    """All connections of one service."""

    def __init__(self, service: Service, keys: set[str]) -> None:
        self._service = service
        self._keys = keys
        self._schedule = Schedule()
        self._released = asyncio.Event()
        self._nobody_held = asyncio.Event()

    async def listen(self, port: int) -> int:
        """Begin; the port in use."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", port, limit=READ_AHEAD, backlog=512)
        self._server = server
        return int(server.sockets[0].getsockname()[1])

    async def tick(self) -> None:
        """Deliver by the real clock, for as long as the process lives."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._service.settle()
            self._service.journal.commit()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                await writer.drain()
        except (Broken, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; whether another may follow."""
        request = _head(await reader.readuntil(b"\r\n\r\n"))
        is_control = request.path.startswith("/_control/")
        fault = None if is_control else self._schedule.pick(request.method, request.path)
        request = await self._body(request, fault, reader, writer)
        given = await (self._control(request) if is_control else self._v3(request, fault, reader, writer))
        writer.write(_bytes(given))
        return request.headers.get("connection", "").lower() != "close"

    async def _body(
        self, request: Request, fault: Fault | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Request:
        length = int(request.headers.get("content-length", "0"))
        if fault is not None and fault.does == "reset" and fault.at in ("head", "body"):
            await reader.readexactly(length // 2 if fault.at == "body" else 0)
            self._note(request, fault, None)
            _reset(writer)
        if request.headers.get("transfer-encoding", "").lower() == "chunked":
            return dataclasses.replace(request, body=await _chunks(reader))
        return dataclasses.replace(request, body=await reader.readexactly(length)) if length else request

    async def _control(self, request: Request) -> Answer:
        if request.path == "/_control/release":
            await self._release()
        given = control(self._service, self._schedule, request)
        self._service.journal.commit()
        return given

    async def _release(self) -> None:
        released, self._released = self._released, asyncio.Event()
        released.set()
        if self._schedule.held:
            self._nobody_held.clear()
            await self._nobody_held.wait()

    async def _v3(
        self, request: Request, fault: Fault | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Answer:
        delay = self._service.settings.latency_ms + (fault.delay_ms if fault else 0)
        if delay:
            await asyncio.sleep(delay / 1000)
        if fault is None or fault.does in ("hold", "delay"):
            return await self._carry_out(request, fault)
        if fault.accepted:
            answer(self._service, self._keys, request)
        if fault.does != "answer":
            return await self._leave(request, fault, reader, writer)
        self._note(request, fault, fault.status)
        return _odd_answer(fault, self._service.now)

    async def _carry_out(self, request: Request, fault: Fault | None) -> Answer:
        is_held = fault is not None and fault.does == "hold"
        if is_held:
            self._schedule.held += 1
            await self._released.wait()
        given = answer(self._service, self._keys, request)
        self._note(request, fault, given.status)
        if is_held:
            self._schedule.held -= 1
            if not self._schedule.held:
                self._nobody_held.set()
        return given

    async def _leave(
        self, request: Request, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Answer:
        """No answer, or half a one."""
        self._note(request, fault, None)
        if fault.does == "hang":
            await reader.read()
            raise Broken
        if fault.at == "answer":
            writer.write(b"HTTP/1.1 202 Acc")
            await writer.drain()
            raise Broken
        return _reset(writer)

    def _note(self, request: Request, fault: Fault | None, status: int | None) -> None:
        """Write down what was asked and answered, and everything that came of it."""
        journal, does = self._service.journal, None if fault is None else fault.does
        journal.note("call", at=self._service.now, method=request.method, path=request.path, status=status, fault=does)
        journal.commit()


def _head(data: bytes) -> Request:
    first, *rest = data.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    url = urlsplit(target)
    headers = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.lower()] = value.strip()
    return Request(method, unquote(url.path), dict(parse_qsl(url.query, keep_blank_values=True)), headers)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    found = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        found.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return b"".join(found)


def _odd_answer(fault: Fault, now: int) -> Answer:
    headers: Mapping[str, str] = fault.headers
    if fault.reset_seconds is not None:
        is_instant = fault.reset_header.lower() == "x-ratelimit-reset"
        headers = {**headers, fault.reset_header: str(fault.reset_seconds + (now if is_instant else 0))}
    return Answer(fault.status, fault.body.encode(), headers)


def _bytes(given: Answer) -> bytes:
    lines = [f"HTTP/1.1 {given.status} {HTTPStatus(given.status).phrase}", "Server: stand-in"]
    lines += [f"{name}: {value}" for name, value in given.headers.items()]
    if given.status != HTTPStatus.NO_CONTENT:
        lines.append(f"Content-Length: {len(given.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + given.body


def _reset(writer: asyncio.StreamWriter) -> NoReturn:
    """End a connection with RST, as a machine that fell over does."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    raise Broken
