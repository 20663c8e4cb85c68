"""Who may ask, and how much: the Host and Origin of requests, and their size."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from deltarule.lab.limits import LIMITS

__all__ = ["Guard", "host_of"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class Guard:
    """Lets through what comes from a page of this server or from a program of its user.

    A page of another site could find out this server's address, have its own name lead there, and ask in its visitor's
    name (DNS rebinding): its name then stands in the Host header. Names are therefore refused but for those of
    this machine; an address of numbers cannot be taken over so. A page of another site that asks openly says so in the
    Origin header.

    Parameters
    ----------
    application : what to guard
    host : the name that the server was told to listen on, which is allowed too
    """

    def __init__(self, application: Application, host: str = "localhost") -> None:
        self.application = application
        self.names = {"localhost", host.lower(), socket.gethostname().lower()}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope["method"], headers)
        if refusal:
            await _answer(send, *refusal)
            return
        body = b""
        if scope["method"] in ("POST", "PUT", "PATCH"):
            whole = await _whole_body(receive)
            if whole is None:
                await _answer(send, 413, f"a request may have {LIMITS.body:,} bytes")
                return
            body = whole
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        await self.application(scope, replay, with_headers)

    def _refusal(self, method: str, headers: dict[str, str]) -> tuple[int, str] | None:
        """Say why a request is refused, if it is."""
        host = headers.get("host", "")
        if not self._allowed(host_of(host)):
            return 403, f"this server does not answer to the name {host_of(host)[:100]!r}; use localhost"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return 403, "pages of other sites may not use this server"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and method != "GET":
            return 403, "pages of other sites may not use this server"
        if method == "POST" and headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            return 415, "send JSON, with the header Content-Type: application/json"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LIMITS.body:
            return 413, f"a request may have {LIMITS.body:,} bytes"
        return None

    def _allowed(self, host: str) -> bool:
        """Say whether a host is this machine's name or an address."""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return host.lower() in self.names
        return True


def host_of(header: str) -> str:
    """Return the host of a Host header, without its port.

    >>> host_of("localhost:8000"), host_of("[::1]:8000"), host_of("127.0.0.1")
    ('localhost', '::1', '127.0.0.1')
    """
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


async def _whole_body(receive: Receive) -> bytes | None:
    """Read a request's body; ``None`` if it is too long."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LIMITS.body:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return bytes(body)


async def _answer(send: Send, status: int, error: str) -> None:
    """Send an error as JSON."""
    content = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode()), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
