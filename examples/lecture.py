"""The lecture's worked example: one gradient, computed in five ways that must agree.

A window of five words, each a vector of 4 numbers, makes the input x of 20. A layer of 8 sigmoid neurons and one score
say whether the word in the middle is a named entity:

    z = W x + b,   a = σ(z),   s = Uᵀ a        W: 8×20, b: 8, U: 8×1

Layers count from 1, the input: a⁽¹⁾ = x, z⁽²⁾ = z, a⁽²⁾ = a, z⁽³⁾ = a⁽³⁾ = s; W⁽¹⁾ = W, W⁽²⁾ = Uᵀ.

Run it: python examples/lecture.py
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import deltarule as dr
from deltarule.graph import Node

Array = NDArray[np.float64]

TRUE_WINDOW = ["Museums", "in", "Paris", "are", "amazing"]
CORRUPTED_WINDOW = ["Not", "all", "museums", "in", "Paris"]  # corrupted: the word in its middle is no entity
WORD_SIZE, NEURONS = 4, 8


@dataclass
class Parameters:
    """W (8×20), b (8) and U (8×1)."""

    W: Array
    b: Array
    U: Array


def make_parameters(seed: int = 0) -> Parameters:
    """Draw the parameters."""
    random = np.random.default_rng(seed)
    inputs = WORD_SIZE * len(TRUE_WINDOW)
    return Parameters(
        W=random.normal(scale=0.5, size=(NEURONS, inputs)),
        b=random.normal(size=NEURONS),
        U=random.normal(size=(NEURONS, 1)),
    )


def window_vector(words: list[str], seed: int = 1) -> Array:
    """Concatenate the vectors of a window's words; a word has one vector in every window."""
    vocabulary = sorted({word.lower() for word in TRUE_WINDOW + CORRUPTED_WINDOW})
    vectors = dict(zip(vocabulary, np.random.default_rng(seed).normal(size=(len(vocabulary), WORD_SIZE)), strict=True))
    return np.concatenate([vectors[word.lower()] for word in words])


def sigmoid(z: Array) -> Array:
    """f(z) = 1 / (1 + e⁻ᶻ)."""
    return 1 / (1 + np.exp(-z))


def sigmoid_slope(z: Array) -> Array:
    """f′(z) = f(z) (1 − f(z))."""
    return sigmoid(z) * (1 - sigmoid(z))


def score(parameters: Parameters, x: Array) -> float:
    """Return s = Uᵀ f(W x + b)."""
    return float(parameters.U[:, 0] @ sigmoid(parameters.W @ x + parameters.b))


# 1. One weight at a time, by the chain rule


def gradient_by_hand(parameters: Parameters, x: Array) -> Array:
    """∂s/∂W_ij = U_i f′(z_i) x_j, for each i and j."""
    W, b, U = parameters.W, parameters.b, parameters.U
    gradient = np.empty_like(W)
    for i in range(W.shape[0]):
        z_i = b[i] + sum(W[i, j] * x[j] for j in range(W.shape[1]))
        for j in range(W.shape[1]):
            gradient[i, j] = U[i, 0] * sigmoid_slope(z_i) * x[j]
    return gradient


# 2. Error sharing: the signal 1 at the score walks back to one weight


def error_sharing_steps(parameters: Parameters, x: Array, neuron: int, entry: int) -> list[tuple[str, float]]:
    """Follow the error signal from the score to W_ij; neuron i and entry j count from 1, as in the lecture."""
    i, j = neuron - 1, entry - 1
    z = parameters.W @ x + parameters.b
    at_score = 1.0
    delta_3 = at_score * 1.0  # z⁽³⁾ → a⁽³⁾ is the identity: its local gradient is 1
    at_activation = delta_3 * float(parameters.U[i, 0])
    delta_2 = at_activation * float(sigmoid_slope(z[i]))
    gradient = delta_2 * float(x[j])
    return [
        ("the score itself: signal at a(3)_1", at_score),
        ("× 1, the local gradient of z(3) → a(3): δ(3)_1", delta_3),
        (f"× W(2)_1,{neuron} = U_{neuron}: signal at a(2)_{neuron}", at_activation),
        (f"× f′(z(2)_{neuron}): δ(2)_{neuron}", delta_2),
        (f"× a(1)_{entry} = x_{entry}: ∂s/∂W_{neuron},{entry}", gradient),
    ]


# 3. The vectorised rule


def gradients_vectorised(parameters: Parameters, x: Array) -> Parameters:
    """δ⁽²⁾ = f′(z⁽²⁾) ∘ (W⁽²⁾ᵀ δ⁽³⁾); ∇W⁽ᵏ⁾ = δ⁽ᵏ⁺¹⁾ a⁽ᵏ⁾ᵀ, ∇b = δ⁽²⁾."""
    z = parameters.W @ x + parameters.b
    W_2 = parameters.U.T
    delta_3 = np.ones(1)
    delta_2 = sigmoid_slope(z) * (W_2.T @ delta_3)
    return Parameters(W=np.outer(delta_2, x), b=delta_2, U=np.outer(delta_3, sigmoid(z)).T)


# 4. The graph's backward pass


def score_node(W: Node, b: Node, U: Node, x: Node) -> Node:
    """Write the network as a graph."""
    z = dr.affine(x, W, b).named("z")
    a = dr.sigmoid(z).named("a")
    return dr.sum(a @ U).named("s")


def gradients_by_graph(parameters: Parameters, x: Array) -> Parameters:
    """Send the signal 1 back through the graph."""
    W, b, U = (dr.parameter(array) for array in (parameters.W, parameters.b, parameters.U))
    run = dr.backprop(score_node(W, b, U, dr.constant(x)))
    return Parameters(run.gradient(W), run.gradient(b), run.gradient(U))


# 5. Central differences


def gradients_by_differences(parameters: Parameters, x: Array, h: float = 1e-3) -> Parameters:
    """∂s/∂θ ≈ [8 (s(θ + h) − s(θ − h)) − (s(θ + 2h) − s(θ − 2h))] / 12h, whose error is of order h⁴.

    The plain central difference, (s(θ + h) − s(θ − h)) / 2h with an error of order h², is exact to 1e-10 or so at its
    best h: rounding, of order 10⁻¹⁶ / h, stands in the way of smaller ones. Four points allow a larger h.
    """

    def slope(array: Array, index: tuple[int, ...]) -> float:
        kept = array[index]

        def moved(steps: int) -> float:
            array[index] = kept + steps * h
            value = score(parameters, x)
            array[index] = kept
            return value

        return (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * h)

    def slopes(array: Array) -> Array:
        return np.array([slope(array, index) for index in np.ndindex(array.shape)]).reshape(array.shape)

    return Parameters(slopes(parameters.W), slopes(parameters.b), slopes(parameters.U))


# Biases as weights on an input of 1: z = [W b] · [x; 1]


def gradients_with_bias_as_weight(parameters: Parameters, x: Array) -> tuple[float, Parameters]:
    """Return the score, and the gradients cut out of that of [W b]."""
    joined = dr.parameter(np.column_stack([parameters.W, parameters.b]))
    U = dr.parameter(parameters.U)
    s = dr.sum(dr.sigmoid(dr.linear(np.append(x, 1.0), joined)) @ U)
    run = dr.backprop(s)
    gradient = run.gradient(joined)
    return run.value(s), Parameters(gradient[:, :-1], gradient[:, -1], run.gradient(U))


# The objective: J = max(0, Δ + s_c − s)


def max_margin_run(parameters: Parameters, margin: float = 1.0) -> dr.Run:
    """Compare the true window with the corrupted one, by the same W, b and U, and run backward."""
    W, b, U = (dr.parameter(getattr(parameters, name), name) for name in ("W", "b", "U"))
    s = score_node(W, b, U, dr.constant(window_vector(TRUE_WINDOW)))
    s_c = score_node(W, b, U, dr.constant(window_vector(CORRUPTED_WINDOW)))
    return dr.backprop(dr.maximum(0.0, margin + s_c.named("s_c") - s).named("J"))


def descend(parameters: Parameters, rate: float = 0.02, steps: int = 20) -> list[dr.Run]:
    """θ ← θ − α ∇J until the margin is kept; return the run of each step."""
    runs = []
    theta = Parameters(parameters.W.copy(), parameters.b.copy(), parameters.U.copy())
    for _ in range(steps):
        runs.append(max_margin_run(theta))
        if runs[-1].value("J") == 0:
            break
        for name in ("W", "b", "U"):
            setattr(theta, name, getattr(theta, name) - rate * runs[-1].gradient(name))
    return runs


def main() -> None:
    """Print the example."""
    parameters, x = make_parameters(), window_vector(TRUE_WINDOW)
    print(f"{' '.join(TRUE_WINDOW)}: is the word in the middle a named entity?  s = {score(parameters, x):.6f}\n")

    print("Error sharing, from the score to W_1,4")
    for step, value in error_sharing_steps(parameters, x, neuron=1, entry=4):
        print(f"  {step:<48} {value: .12f}")

    by_hand = gradient_by_hand(parameters, x)
    ways = {
        "by hand, one weight at a time": by_hand,
        "error sharing": np.array(
            [[error_sharing_steps(parameters, x, i + 1, j + 1)[-1][1] for j in range(20)] for i in range(NEURONS)]
        ),
        "vectorised rule": gradients_vectorised(parameters, x).W,
        "backward pass of the graph": gradients_by_graph(parameters, x).W,
        "[W b] · [x; 1]": gradients_with_bias_as_weight(parameters, x)[1].W,
        "central differences (4 points)": gradients_by_differences(parameters, x).W,
    }
    print("\n∂s/∂W_1,4 in every way, and the largest gap over all 160 weights")
    for name, gradient in ways.items():
        print(f"  {name:<31} {gradient[0, 3]: .12f}   {np.abs(gradient - by_hand).max():.0e}")

    print(f"\nMax-margin, Δ = 1: {' '.join(TRUE_WINDOW)} (s) against {' '.join(CORRUPTED_WINDOW)} (s_c)")
    print("  step   s − s_c        J   largest |∂J/∂W|")
    for step, run in enumerate(descend(parameters)):
        gap, largest = run.value("s") - run.value("s_c"), np.abs(run.gradient("W")).max()
        print(f"  {step:4}  {gap:8.4f} {run.value('J'):8.4f}   {largest:.6f}")
    print("The margin is kept: no error, no signal, no update.")


if __name__ == "__main__":
    main()
