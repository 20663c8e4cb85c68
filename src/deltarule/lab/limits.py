"""What the page's server takes on, so that no request can make it hang."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LIMITS", "Limits"]


@dataclass(frozen=True)
class Limits:
    """Limits of the server; a request beyond one is answered by an error that names it.

    Attributes
    ----------
    body : bytes of a request
    text : characters of a text to tag
    expression : characters of an expression
    nodes : of an expression's graph
    points : of a set of two-dimensional data
    layers, neurons : hidden layers of a network, neurons of each
    steps : of training in one request
    all_steps : of training in a session
    seconds : of training in one request; what is done by then is answered
    sessions : of training at the same time
    idle : seconds after which a session that nobody uses makes room for a new one
    sample, sentences : of a gradient check: entries of each parameter, and sentences that the loss is computed on
    check_seconds : that a gradient check may take
    """

    body: int = 256 * 1024
    text: int = 20_000
    expression: int = 1000
    nodes: int = 80
    points: int = 1000
    layers: int = 4
    neurons: int = 16
    steps: int = 500
    all_steps: int = 100_000
    seconds: float = 2.0
    sessions: int = 16
    idle: float = 60.0
    sample: int = 200
    sentences: int = 20
    check_seconds: float = 60.0


LIMITS = Limits()
