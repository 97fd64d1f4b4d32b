#!/usr/bin/env python3
"""An HTTP server on 127.0.0.1 that answers as the path says, mostly badly.

Prints its port, serves until GET /quit or a minute without a request, then ends.
"""
import socket
import threading
import time

IDLE_SECONDS = 60
TLS_HANDSHAKE = b"\x16"  # the first byte of a TLS client's first record; it is hung up on

ANSWERS = {
    "/redirect": b"HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n",
    "/truncated": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort",
    "/garbage": b"\x00\x01\x02 this is no HTTP\r\n\r\n",
    "/nothing": b"",
    "/many-headers": b"HTTP/1.1 200 OK\r\n"
    + b"".join(b"X-%d: 1\r\n" % n for n in range(1000))
    + b"Content-Length: 0\r\n\r\n",
    "/repeated": b"HTTP/1.1 200 OK\r\nX-Twice: one\r\nx-twice:  two \r\nContent-Length: 2\r\n\r\nok",
    "/interim": b"HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    "/chunk-cut": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nd",
    "/unauthorized": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope",
}


def read_request(stream):
    if stream.peek(1)[:1] in (b"", TLS_HANDSHAKE):
        return None
    line = stream.readline()
    method, path, _ = line.decode().split(" ")
    headers = []
    while (header := stream.readline().strip()):
        headers.append(header.decode())
    length = next((int(h.split(":")[1]) for h in headers if h.lower().startswith("content-length:")), 0)
    return method, path, headers, stream.read(length)


def serve(connection):
    with connection, connection.makefile("rb") as stream:
        answer_all(connection, stream)


def answer_all(connection, stream):
    while request := read_request(stream):
        method, path, headers, body = request
        if path == "/quit":
            listener.shutdown(socket.SHUT_RDWR)  # wakes accept, with an error
            return
        if path == "/slow":
            time.sleep(2)
        if path == "/large":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n")
            try:
                for _ in range(200):
                    connection.sendall(b"x" * 1048576)
            except OSError:
                return
            continue
        if path in ANSWERS:
            connection.sendall(ANSWERS[path])
            if path in ("/truncated", "/garbage", "/nothing", "/chunk-cut"):
                return
            continue
        answer = "\n".join([f"{method} {path}", *headers, "", ""]).encode() + body
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer))
        if method != "HEAD":
            connection.sendall(answer)


listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(IDLE_SECONDS)
print(listener.getsockname()[1], flush=True)
while True:
    try:
        accepted, _ = listener.accept()
    except OSError:
        break
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
