"""Arguments and results as frameworks nest them: tuples, lists and dicts of arrays."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["leaves", "map_tree", "named_arguments"]


def map_tree(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply a function to every leaf.

    >>> map_tree(str, {"a": [1, (2, 3)]})
    {'a': ['1', ('2', '3')]}
    """
    if isinstance(tree, Mapping):
        return {key: map_tree(function, part) for key, part in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(map_tree(function, part) for part in tree))
    if type(tree) in (list, tuple):
        return type(tree)(map_tree(function, part) for part in tree)
    return function(tree)


def leaves(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Walk over the leaves, with the expression that leads to each.

    >>> [*leaves({"a": [1, 2]}, "batch")]
    [("batch['a'][0]", 1), ("batch['a'][1]", 2)]
    """
    if isinstance(tree, Mapping):
        for key, part in tree.items():
            yield from leaves(part, f"{name}[{key!r}]")
    elif isinstance(tree, list | tuple):
        for position, part in enumerate(tree):
            yield from leaves(part, f"{name}[{position}]")
    else:
        yield name, tree


def named_arguments(function: Callable[..., Any], arguments: tuple[Any, ...], skipped: int = 0) -> list[str]:
    """Give arguments the names that the function's signature gives them.

    Parameters
    ----------
    function : takes the arguments in order
    arguments : the arguments
    skipped : how many parameters of the signature come before them

    >>> named_arguments(lambda x, *weights: 0, (1, 2, 3))
    ['x', 'weights[0]', 'weights[1]']
    """
    try:
        parameters = [*inspect.signature(function).parameters.values()][skipped:]
    except (TypeError, ValueError):  # compiled functions
        parameters = []
    single = [parameter for parameter in parameters if parameter.kind in (0, 1)]
    rest = next((parameter.name for parameter in parameters if parameter.kind == 2), "input")
    if not single and len(arguments) == 1:
        return [rest]
    names = [parameter.name for parameter in single[: len(arguments)]]
    return [*names, *(f"{rest}[{position}]" for position in range(len(arguments) - len(names)))]
