"""A server on 127.0.0.1 that misbehaves on command, and notes what it was asked.

    with Server() as server:
        place = server.place(answer, fault, times=1)   # the first request meets the fault, the next the answer
        place.url                                      # a URL that leads there
        place.requests                                 # what arrived, as Request

A fault is an `async` function of a Visit: see "the faults".
"""

import asyncio
import socket
import ssl
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field

ALWAYS = 1_000_000
PATIENCE = 60  # seconds that a stall lasts at most: the client hangs up long before


@dataclass
class Request:
    method: str
    target: str
    headers: dict  # names in lower case
    body: bytes


@dataclass
class Place:
    """Where one case's requests go."""

    url: str
    answer: object  # of a Request: the bytes of an HTTP answer
    fault: object
    times: int
    requests: list = field(default_factory=list)
    connections: int = 0  # of a place with a port of its own

    def is_faulty(self, count):
        return self.fault is not None and count <= self.times


@dataclass
class Visit:
    """One request at a place, or, before it is read, one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    place: Place
    request: Request = None

    def good(self):
        return self.place.answer(self.request)

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    def reset(self):
        """Ends the connection by RST, behind what has been sent."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def stall(self):
        """Says no more until the client has had enough."""
        with suppress(asyncio.TimeoutError):
            while await asyncio.wait_for(self.reader.read(4096), PATIENCE):
                pass


def http(body, status="200 OK", **headers):
    """The bytes of an answer."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if not any(line.lower().startswith(("content-length:", "transfer-encoding:")) for line in lines):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def read_request(reader):
    """None where the connection ends before one."""
    head = await reader.readuntil(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = line.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (text.partition(":") for text in fields)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body)


# ---- the faults: each makes one ----


def reset_at(position):
    """RST after so many bytes of the good answer."""
    async def fault(visit):
        await visit.send(visit.good()[:position])
        visit.reset()
    return fault


def close_at(position):
    """FIN after so many bytes of the good answer."""
    async def fault(visit):
        await visit.send(visit.good()[:position])
        visit.writer.close()
    return fault


def half_close_at(position):
    """FIN after so many bytes, and the other half stays open."""
    async def fault(visit):
        await visit.send(visit.good()[:position])
        visit.writer.write_eof()
        await visit.stall()
    return fault


def stall_at(position):
    async def fault(visit):
        await visit.send(visit.good()[:position])
        await visit.stall()
    return fault


def say(data, and_then="close"):
    """Other bytes than the good answer's; then `close`, `stall` or `keep` the connection."""
    async def fault(visit):
        await visit.send(data(visit) if callable(data) else data)
        if and_then == "stall":
            await visit.stall()
        elif and_then == "close":
            visit.writer.close()
    fault.keeps_connections = and_then == "keep"
    return fault


def tell(body, status="200 OK", **headers):
    """An honest answer, but not the good one."""
    return say(http(body, status, **headers), "keep")


def trickle(pause):
    """A byte at a time."""
    async def fault(visit):
        for byte in visit.good():
            await visit.send(bytes([byte]))
            await asyncio.sleep(pause)
    return fault


def answer_once():
    """RST at a connection's second request, as where the other side forgot it while this process was frozen."""
    answered = set()

    async def fault(visit):
        if visit.writer in answered:
            return visit.reset()
        answered.add(visit.writer)
        return await visit.send(visit.good())
    return fault


# ---- faults of a connection, before there is a request ----


async def refuse_by_reset(visit):
    visit.reset()


async def hang_up(visit):
    visit.writer.close()


async def never_speak(visit):
    await visit.stall()


class Server:
    """Runs in a thread of its own; its places live as long as it does."""

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._places = {}
        self._port, self._breaking_port = (self._listen(self._serve_shared) for _ in range(2))
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @staticmethod
    async def _end():
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _listen(self, serve, tls=None):
        async def listen():
            server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, backlog=1024, limit=1 << 20)
            return server.sockets[0].getsockname()[1]

        return asyncio.run_coroutine_threadsafe(listen(), self._loop).result()

    def place(self, answer, fault=None, times=ALWAYS):
        """A place on a port that others share: its URL's path tells it from them. Those that break connections have a
        port apart, or a call to another place would find that the connection it was to use is broken."""
        name = f"p{len(self._places)}"
        keeps = fault is None or getattr(fault, "keeps_connections", False)
        port = self._port if keeps else self._breaking_port
        self._places[name] = Place(f"http://127.0.0.1:{port}/{name}", answer, fault, times)
        return self._places[name]

    def port_of_its_own(self, answer, fault=None, times=ALWAYS, tls=None, accepting=None):
        """A place with a port of its own, by TLS where a context is given; `accepting` is a fault of the
        connections, in place of one of the requests."""
        place = Place(None, answer, fault or accepting, times)

        async def serve(reader, writer):
            place.connections += 1
            visit = Visit(reader, writer, place)
            with suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
                if accepting and place.is_faulty(place.connections):
                    return await accepting(visit)
                await self._answer_all(visit, lambda _: place, faulty=not accepting)
            writer.close()

        port = self._listen(serve, tls)
        place.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        return place

    async def _serve_shared(self, reader, writer):
        def place_of(request):
            return self._places[request.target.split("/")[1].split("?")[0]]

        with suppress(OSError, asyncio.IncompleteReadError):
            await self._answer_all(Visit(reader, writer, None), place_of)
        writer.close()

    async def _answer_all(self, visit, place_of, faulty=True):
        while not visit.writer.is_closing():
            request = await read_request(visit.reader)
            place = place_of(request)
            place.requests.append(request)
            visit = Visit(visit.reader, visit.writer, place, request)
            if faulty and place.is_faulty(len(place.requests)):
                await place.fault(visit)
            else:
                await visit.send(visit.good())
