"""From a table as users have it (array, sparse matrix, pandas or polars frame) to examples of numbers and ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.utils.validation import check_array, check_consistent_length, validate_data

from deltarule.errors import InputError
from deltarule.estimators.examples import Examples
from deltarule.graph import Array

__all__ = ["Columns"]


@dataclass
class Columns:
    """What is known of the columns of a table since training.

    Attributes
    ----------
    names : of the columns, or ``None`` where the table had none
    count : number of columns
    categorical : places of categorical columns
    categories : for each of these, its known values in the order of their ids from 1 on; 0 is all others
    missing : "error", or "mean" to put a column's mean in the place of NaN
    means : of columns of numbers, for "mean"
    """

    names: list[str] | None
    count: int
    categorical: list[int]
    missing: str
    categories: list[list[Any]] = field(default_factory=list)
    means: Array | None = None

    @classmethod
    def of(cls, table: Any, categorical: Sequence[Any] | None, missing: str) -> Columns:
        """Find the categorical columns of a table, by name or place."""
        if missing not in ("error", "mean"):
            raise InputError(f"missing must be 'error' or 'mean', not {missing!r}")
        names = _names(table)
        if not categorical:
            return cls(names, 0, [], missing)
        shape = table.shape if hasattr(table, "shape") else np.asarray(table, object).shape
        if len(shape) != 2:
            raise InputError(f"X must have two axes, examples and columns, not the shape {shape}")
        return cls(names, shape[1], [_place(column, names, shape[1]) for column in categorical], missing)

    @property
    def numeric(self) -> list[int]:
        """Places of columns of numbers."""
        return [place for place in range(self.count) if place not in self.categorical]

    def checked(self, estimator: Any, table: Any, y: Any = "no_validation", *, reset: bool, **options: Any) -> Any:
        """Validate a table, and targets with it, as scikit-learn does."""
        if self.categorical:
            if scipy.sparse.issparse(table):
                raise InputError("categorical columns cannot be columns of a sparse matrix; give an array or a frame")
            if isinstance(y, str):
                return validate_data(estimator, table, reset=reset, skip_check_array=True)
            table, y = validate_data(estimator, table, y, reset=reset, skip_check_array=True)
            y = check_array(y, ensure_2d=False, dtype=None)
            check_consistent_length(table, y)
            return table, y
        checked = validate_data(
            estimator, table, y, reset=reset, accept_sparse="csr", dtype=[np.float64, np.float32],
            ensure_all_finite=True if self.missing == "error" else "allow-nan", **options,
        )  # fmt: skip
        self.count = estimator.n_features_in_
        return checked

    def read(self, table: Any, *, learn: bool) -> Examples:
        """Turn a validated table into examples; `learn` takes note of categories and means."""
        if not self.categorical:
            return Examples(self._numbers(table, learn))
        values = [_values(table, place) for place in self.categorical]
        if learn:
            self.categories = [sorted(set(column), key=_order) for column in values]
        ids = []
        for known, column in zip(self.categories, values, strict=True):
            number = {value: place for place, value in enumerate(known, start=1)}
            ids.append(np.array([number.get(value, 0) for value in column], np.int32))
        parts = [self._column_of_numbers(table, place) for place in self.numeric]
        numbers = np.column_stack(parts) if parts else np.zeros((len(ids[0]), 0))
        return Examples(self._numbers(numbers, learn), tuple(ids))

    def label(self, place: int) -> str:
        """Return what to call a column in messages."""
        return repr(self.names[place]) if self.names else str(place)

    def _column_of_numbers(self, table: Any, place: int) -> Array:
        """Return a column as float64."""
        column = _column(table, place)
        try:
            numbers: Array = check_array(
                np.asarray(column), ensure_2d=False, dtype=np.float64, ensure_all_finite="allow-nan"
            )
        except (TypeError, ValueError):
            raise InputError(
                f"column {self.label(place)} does not hold numbers; name it in categorical=[...], or leave it out"
            ) from None
        if self.missing == "error" and np.isnan(numbers).any():
            raise InputError(
                f"column {self.label(place)} contains NaN; fill it, or set missing='mean' to fill in its mean"
            )
        return numbers

    def _numbers(self, numbers: Any, learn: bool) -> Any:
        """Return float32, with NaN replaced by means."""
        if learn and self.missing == "mean":
            self.means = _means(numbers)
        if scipy.sparse.issparse(numbers):
            return _sparse(numbers, self.means)
        if self.means is not None:
            numbers = np.where(np.isnan(numbers), self.means, numbers)
        with np.errstate(over="ignore"):
            converted = np.ascontiguousarray(numbers, np.float32)
        return _finite(converted, converted)


def _sparse(numbers: Any, means: Array | None) -> Any:
    """Return CSR of float32, sorted, without duplicates and stored zeros, and with NaN replaced by means."""
    rows = scipy.sparse.csr_array(numbers, copy=True)
    if means is not None:
        gaps = np.isnan(rows.data)
        rows.data[gaps] = means[rows.indices[gaps]]
    rows.sum_duplicates()
    with np.errstate(over="ignore"):
        rows = rows.astype(np.float32)
    rows.eliminate_zeros()
    return _finite(rows, rows.data)


def _finite(numbers: Any, entries: Array) -> Any:
    if not np.isfinite(entries).all():
        raise InputError("X contains numbers too large for single precision (beyond 3e38) or infinity; scale them down")
    return numbers


def _means(numbers: Any) -> Array:
    """Return the mean of each column's entries that are not NaN; 0 for a column that has none."""
    if scipy.sparse.issparse(numbers):
        entries = scipy.sparse.coo_array(numbers)
        known = ~np.isnan(entries.data)
        columns, width = entries.col, numbers.shape[1]
        totals = np.bincount(columns[known], entries.data[known], width)
        counts = numbers.shape[0] - np.bincount(columns[~known], minlength=width)
    else:
        known = ~np.isnan(numbers)
        totals, counts = np.where(known, numbers, 0).sum(axis=0), known.sum(axis=0)
    return np.asarray(totals / np.maximum(counts, 1))


def _names(table: Any) -> list[str] | None:
    """Return the names of the columns of a frame."""
    return [str(name) for name in table.columns] if hasattr(table, "columns") else None


def _place(column: Any, names: list[str] | None, count: int) -> int:
    """Return the place of a categorical column, given by name or place."""
    if isinstance(column, str):
        if names is None:
            raise InputError(f"categorical column {column!r}: X has no column names; give places, such as 0")
        if column not in names:
            raise InputError(f"there is no column {column!r} to be categorical; the columns are: {', '.join(names)}")
        return names.index(column)
    if not -count <= int(column) < count:
        raise InputError(f"categorical column {column} is outside the {count} columns of X")
    return int(column) % count


def _column(table: Any, place: int) -> Any:
    """Return a column of a frame or of an array."""
    if hasattr(table, "columns"):
        return table[table.columns[place]]
    return np.asarray(table, dtype=None if hasattr(table, "dtype") else object)[:, place]


def _values(table: Any, place: int) -> list[Any]:
    """Return the values of a categorical column as Python's own; all that is missing is ``None``."""
    column = _column(table, place)
    values = column.to_list() if hasattr(column, "to_list") else np.asarray(column).tolist()
    return [None if value is None or value != value or repr(value) == "<NA>" else value for value in values]


def _order(value: Any) -> tuple[str, Any]:
    """Order values of a column; those of several types one type after another."""
    if value is None or isinstance(value, str | bool | int | float):
        return type(value).__name__, 0 if value is None else value
    raise InputError(f"categories are strings, whole numbers, numbers or truth values, not {type(value).__name__}")
