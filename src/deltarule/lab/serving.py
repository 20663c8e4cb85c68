"""Running the server until it is interrupted."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from deltarule.errors import InputError
from deltarule.lab.app import create_app
from deltarule.lab.calculator import calculate
from deltarule.lab.limits import LIMITS
from deltarule.tagging import Tagger

__all__ = ["serve"]


def serve(tagger: Tagger, name: str, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C.

    Parameters
    ----------
    tagger, name : the model, and what the page calls it
    host, port : where to listen; port 0 takes one that is free
    ready : called with the page's address once it can be opened

    Raises
    ------
    InputError
        When the place to listen on is taken or is not this machine's.
    """
    config = uvicorn.Config(
        create_app(tagger, name, host),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=64,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
    )
    shown = f"[{host}]" if ":" in host else host
    with _listen(host, port) as listening, suppress(KeyboardInterrupt):
        calculate("x*y", {}, LIMITS.nodes)  # loads what lays out graphs, which takes a while
        tagger.tag("Ready")
        ready(f"http://{shown}:{listening.getsockname()[1]}/")
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """Take the place to listen on."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=64)
    except OSError as error:
        raise InputError(
            f"cannot listen on {host}, port {port}: {error.strerror}; choose others with --host and --port"
        ) from None
