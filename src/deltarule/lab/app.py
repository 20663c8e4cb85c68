"""The server: the page, its files, and the REST API behind it."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from deltarule.errors import InputError, NonFiniteError
from deltarule.lab.guard import Guard
from deltarule.lab.routes import calculator_routes, tagger_routes, training_routes
from deltarule.lab.sessions import BusyError, NoSessionError
from deltarule.tagging import Tagger

__all__ = ["create_app"]

_PAGE = Path(str(files("deltarule.lab"))) / "page"
_DESCRIPTION = (
    "Tagging, explaining and checking with a trained model; expressions as graphs with every gradient; small networks"
    " that learn to part points, step by step. Every answer is JSON; an error is an object with a sentence under"
    ' "error", and has a status from 400 on.'
)
_STATUSES: list[tuple[type[Exception], int]] = [
    (InputError, 422),
    (NonFiniteError, 422),
    (NoSessionError, 404),
    (BusyError, 429),
]


def create_app(tagger: Tagger, name: str = "model", host: str = "localhost") -> FastAPI:
    """Build the application.

    Parameters
    ----------
    tagger : a trained tagger
    name : what the page calls it
    host : the name that the server listens on

    Returns
    -------
    FastAPI
        ``/`` is the page, ``/docs`` describes the API, ``/openapi.json`` in a form for programs.
    """
    app = FastAPI(
        title="deltarule lab",
        version=version("deltarule"),
        description=_DESCRIPTION,
        docs_url=None,  # FastAPI's own would fetch scripts from another host
        redoc_url=None,
    )
    app.add_middleware(Guard, host=host)
    app.include_router(tagger_routes(tagger, name), prefix="/api")
    app.include_router(calculator_routes(), prefix="/api")
    app.include_router(training_routes(), prefix="/api")
    for kind, status in _STATUSES:
        app.add_exception_handler(kind, _answers_with(status))
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _failed)
    _serve_page(app)
    return app


def _serve_page(app: FastAPI) -> None:
    """Serve the page, its files, and the script that draws charts, which comes with a Python package."""
    plotly = Path(str(files("plotly"))) / "package_data" / "plotly.min.js"

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(_PAGE / "index.html", headers={"cache-control": "no-cache"})

    @app.get("/docs", include_in_schema=False)
    def documentation() -> FileResponse:
        return FileResponse(_PAGE / "docs.html", headers={"cache-control": "no-cache"})

    @app.get("/plotly.js", include_in_schema=False)
    def charts() -> FileResponse:
        return FileResponse(plotly, media_type="text/javascript", headers={"cache-control": "max-age=86400"})

    app.mount("/page", StaticFiles(directory=_PAGE), name="page")


def _answers_with(status: int) -> Any:
    """Return a handler that tells an error in its own words."""

    def handler(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": str(error.args[0]) if error.args else "failed"}, status)

    return handler


def _http_error(request: Request, error: Exception) -> JSONResponse:
    """Tell what is not there, or not allowed."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"{request.method} {request.url.path}: {error.detail}"}, error.status_code)


def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Tell in a sentence what is wrong with a request."""
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"error": "; ".join(_sentence(problem) for problem in error.errors()[:3])}, 422)


def _sentence(problem: Any) -> str:
    """Say what is wrong with one part of a request."""
    place = ".".join(str(part) for part in problem["loc"] if part not in ("body", "path"))
    message = problem["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    return f"{place}: {message}" if place else message


def _failed(_: Request, __: Exception) -> JSONResponse:
    """Tell the page about a mistake of ours; the server's log has the details."""
    return JSONResponse({"error": "the server failed; its log in the terminal says why"}, 500)
