"""The REST API: what each address answers."""

from __future__ import annotations

from threading import Lock
from typing import Any

from fastapi import APIRouter

from deltarule.data import sample_corpus
from deltarule.lab.boundary import BoundaryTraining
from deltarule.lab.calculator import calculate
from deltarule.lab.checks import checked
from deltarule.lab.limits import LIMITS
from deltarule.lab.requests import (
    CheckRequest,
    ExplainRequest,
    GraphRequest,
    StepRequest,
    TagRequest,
    TraceRequest,
    TrainRequest,
)
from deltarule.lab.sessions import Sessions
from deltarule.tagging import Tagger

__all__ = ["calculator_routes", "tagger_routes", "training_routes"]


def tagger_routes(tagger: Tagger, name: str) -> APIRouter:
    """Answer with what a tagger says."""
    router = APIRouter(tags=["tagger"])
    lock = Lock()  # one request at a time has the cores
    corpus = sample_corpus().dev

    @router.get("/model")
    def model() -> dict[str, Any]:
        """Tell about the loaded model: its name, labels and settings."""
        network = tagger.model.network
        return {
            "name": name,
            "labels": list(tagger.model.labelling.names),
            "settings": tagger.config.model_dump(),
            "parameters": sum(parameter.value.size for parameter in network.parameters.values()),
        }

    @router.post("/tag")
    def tag(request: TagRequest) -> dict[str, Any]:
        """Label every word of a text; sentences with tokens and entities, each with its place in the text."""
        with lock:
            return {"sentences": tagger.tag(request.text).as_dicts()}

    @router.post("/explain")
    def explain(request: ExplainRequest) -> dict[str, Any]:
        """Say why a word got its label: what each word of its window and each of their features did for it."""
        with lock:
            return tagger.explain(request.text, request.word).to_dict()

    @router.post("/trace")
    def trace(request: TraceRequest) -> dict[str, Any]:
        """Follow the error signal from the score of a word's label back to one weight, factor by factor."""
        with lock:
            return tagger.trace(request.text, request.word, request.weight).to_dict()

    @router.post("/check")
    def check(request: CheckRequest) -> dict[str, Any]:
        """Check the model's gradients against central differences, as `deltarule check` does."""
        feeds = tagger.model.example_feeds(corpus, request.sentences, request.seed)
        return checked(tagger.model.network.loss, feeds, request.sample, request.seed)

    return router


def calculator_routes() -> APIRouter:
    """Answer with graphs of expressions."""
    router = APIRouter(tags=["graph calculator"])

    @router.post("/graph")
    def graph(request: GraphRequest) -> dict[str, Any]:
        """Run an expression forward and backward: every node with its value, its gradient and a numeric check of it."""
        return calculate(request.expression, request.values, LIMITS.nodes)

    return router


def training_routes() -> APIRouter:
    """Answer with networks that learn to part points."""
    router = APIRouter(tags=["boundary"])
    sessions = Sessions()

    @router.post("/train")
    def begin(request: TrainRequest) -> dict[str, Any]:
        """Make a network with random weights, to be trained step by step."""
        training = BoundaryTraining(request)
        return {
            "session": sessions.add(training),
            "points": training.points.tolist(),
            "classes": training.classes.tolist(),
            **training.state(),
        }

    @router.post("/train/{session}")
    def step(session: str, request: StepRequest) -> dict[str, Any]:
        """Take steps; answers with their losses and with what the network and each neuron now see."""
        with sessions.use(session) as training:
            losses = training.step(request.steps)
            return {"losses": losses, **training.state()}

    @router.get("/train/{session}")
    def look(session: str) -> dict[str, Any]:
        """Tell how a training stands, with the losses of all its steps."""
        with sessions.use(session) as training:
            return {"losses": training.losses, **training.state()}

    @router.post("/train/{session}/check")
    def check(session: str, request: CheckRequest) -> dict[str, Any]:
        """Check the gradients of the network as it is now, on all its points."""
        with sessions.use(session) as training:
            return checked(training.loss, training.data, request.sample, request.seed)

    @router.delete("/train/{session}")
    def end(session: str) -> dict[str, Any]:
        """End a training."""
        sessions.end(session)
        return {"ended": session}

    return router
