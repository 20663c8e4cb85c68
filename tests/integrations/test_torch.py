"""PyTorch modules, functions and hand-written backwards, checked."""

import numpy as np
import pytest

import deltarule as dr

torch = pytest.importorskip("torch", reason="checks PyTorch functions; install the extra `oracle`")

F = torch.nn.functional


def draw(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


X, W, B = draw(5, 3), draw(4, 3, seed=1), draw(4, seed=2)


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh(), torch.nn.Dropout(0.5), torch.nn.Linear(4, 2)
    )


# Modules


def test_a_module_with_dropout_and_batch_norm_is_checked_and_stays_as_it_is():
    module = network()
    F.cross_entropy(module(X.float()), torch.tensor([0, 1, 0, 1, 1])).backward()
    state = {name: value.clone() for name, value in module.state_dict().items()}
    grads = {name: parameter.grad.clone() for name, parameter in module.named_parameters()}
    random, numpy_random = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    threads = torch.get_num_threads()
    report = dr.gradient_check(module, X.float())
    assert report.passed, report
    assert [check.name for check in report] == [*grads, "input"]
    assert max(check.worst.relative_error for check in report) <= 1e-6
    assert "float32 is checked in a float64 copy" in str(report)
    assert module.training
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    assert all(torch.equal(parameter.grad, grads[name]) for name, parameter in module.named_parameters())
    assert all(parameter.dtype == torch.float32 for parameter in module.parameters())
    assert torch.equal(random, torch.get_rng_state())
    assert (numpy_random == np.random.get_state()[1]).all()  # noqa: NPY002
    assert threads == torch.get_num_threads()


def test_float32_as_it_is():
    report = dr.gradient_check(network(), X.float(), precision="float32")
    assert report.passed, report
    assert "float64" not in str(report)
    wrong = dr.gradient_check(Wrong(lambda g, x: g * torch.cos(x) * 1.5), X.float(), precision="float32")
    assert wrong["x"].wrong >= 14
    assert wrong["x"].cause.form == "factor"


def test_an_objective_and_frozen_parameters():
    module = network().eval()
    module[0].weight.requires_grad_(False)
    labels = torch.tensor([0, 1, 0, 1, 1])
    report = dr.gradient_check(module, X, objective=lambda scores: F.cross_entropy(scores, labels))
    assert report.passed
    assert "0.weight" not in [check.name for check in report]
    with pytest.raises(dr.InputError, match=r"the objective must return one number, not shape \(5, 2\)"):
        dr.gradient_check(module, X, objective=lambda scores: scores)


def test_a_method_of_a_module_inputs_by_name_and_tied_parameters():
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = torch.nn.Linear(3, 3)
            self.second = torch.nn.Linear(3, 3, bias=False)
            self.second.weight = self.first.weight

        def loss(self, x, weights, ids):
            return (torch.tanh(self.second(torch.tanh(self.first(x)))) * weights)[ids].sum()

    module = Tied()
    report = dr.gradient_check(module.loss, {"x": X, "weights": X + 1, "ids": torch.tensor([0, 0, 3])})
    assert report.passed
    assert [check.name for check in report] == ["first.weight", "first.bias", "x", "weights"]
    assert module.first.weight.grad is None


def test_inputs_with_requires_grad_are_checked_alone():
    x, y = X.clone().requires_grad_(), X.clone()
    report = dr.gradient_check(lambda x, y: x * y.detach(), (x, y))
    assert [check.name for check in report] == ["x"]
    assert report.passed
    assert x.grad is None
    detached = dr.gradient_check(lambda x, y: x * y.detach(), (X, X))
    assert detached["y"].cause.form == "detached"


def test_what_cannot_be_checked():
    with pytest.raises(dr.InputError, match="to check a Linear, give its inputs"):
        dr.gradient_check(torch.nn.Linear(2, 2))
    with pytest.raises(dr.InputError, match="must return a tensor of numbers"):
        dr.gradient_check(lambda x: x.argmax(), X)
    with pytest.raises(dr.InputError, match="the function returned float32 for float64 inputs"):
        dr.gradient_check(lambda x: x.float(), X)
    module = torch.nn.Linear(3, 2)
    with pytest.raises(dr.InputError, match="or give the module itself as the target"):
        dr.gradient_check(lambda x: module(x), X.float())
    with pytest.raises(dr.InputError, match="x is complex"):
        dr.gradient_check(lambda x: x.abs(), X + 1j)


def test_a_random_function_is_named_as_such_and_a_seeded_one_is_checked():
    def noisy(x):
        return (x * torch.from_numpy(generator.normal(size=x.shape))).sum()

    generator = np.random.default_rng(0)
    with pytest.raises(dr.InputError, match=r"^the function is not deterministic: two calls at the same point gave"):
        dr.gradient_check(noisy, X)
    assert dr.gradient_check(lambda x: F.dropout(torch.tanh(x), 0.5), X)


# Hand-written backwards


def Wrong(backward, forward=torch.sin):  # noqa: N802
    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, g):
            return backward(g, *ctx.saved_tensors)

    return Planted


PLANTED = {
    "right": (torch.sin, lambda g, x: g * torch.cos(x), None),
    "sign": (torch.cos, lambda g, x: g * torch.sin(x), "sign"),
    "half": (lambda x: x**2, lambda g, x: g * x, "factor"),
    "detached": (torch.sin, lambda g, x: torch.zeros_like(g), "detached"),
    "one use": (lambda x: x * x, lambda g, x: g * x, "missing term"),
    "one of two": (lambda x: x * torch.sigmoid(x), lambda g, x: g * torch.sigmoid(x), "missing term"),
    "rows": (torch.sin, lambda g, x: (g * torch.cos(x)).flip(0), "order"),
    "no mean": (lambda x: torch.exp(x).mean(0), lambda g, x: g * torch.exp(x), "factor"),
    "reshaped": (torch.sin, lambda g, x: (g * torch.cos(x)).t().reshape(5, 3), "transposed"),
    "one row": (torch.sin, lambda g, x: g * torch.cos(x) * (torch.arange(5) != 2).double()[:, None], "place"),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_named(mistake):
    forward, backward, form = PLANTED[mistake]
    function = Wrong(backward, forward)
    for target in (function, function.apply):
        check = dr.gradient_check(target, X)["x"]
        assert (check.verdict, check.cause and check.cause.form) == ("wrong" if form else "agrees", form)


def linear(bias, weight=lambda g, x: g.t() @ x):
    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w, b):
            ctx.save_for_backward(x, w)
            return F.linear(x, w, b)

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            return g @ w, weight(g, x), bias(g)

    return Linear


def test_the_bias_of_a_linear_layer():
    assert dr.gradient_check(linear(lambda g: g.sum(0)), (X, W, B))
    row = dr.gradient_check(linear(lambda g: g[1]), (X, W, B))
    assert [check.verdict for check in row] == ["agrees", "agrees", "wrong"]
    assert row["b"].cause.text == ("the sum over axis 0 of linear (5 rows) is missing: the gradient holds row 1 only")
    mean = dr.gradient_check(linear(lambda g: g.mean(0)), (X, W, B))["b"].cause
    assert mean.text.endswith("5 is the size of axis 0 of x, so perhaps a mean is taken for a sum")


def test_a_transposed_weight():
    with pytest.raises(dr.InputError, match=r"has shape \(3, 4\), but this input has shape \(4, 3\): it is transposed"):
        dr.gradient_check(linear(lambda g: g.sum(0), lambda g, x: x.t() @ g), (X, W, B))
    square = dr.gradient_check(linear(lambda g: g.sum(0), lambda g, x: x.t() @ g), (X, W[:3], B[:3]))
    assert square["w"].cause.text == "numeric = analytic transposed"


# Kinks


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (torch.relu, [0.0, 1.0, -2.0]),
        (lambda x: F.leaky_relu(x, 0.1), [0.0, 1.0, -2.0]),
        (lambda x: x.max(dim=0).values, [1.5, 1.5, 0.0]),
        (lambda x: torch.clamp(1 - x, min=0), [1.0, 0.0, 3.0]),  # the hinge, at its margin
    ],
)
def test_where_pytorchs_gradcheck_fails_at_a_kink_ours_says_so(function, x):
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    assert not torch.autograd.gradcheck(function, x, raise_exception=False)
    report = dr.gradient_check(function, x)
    assert report.passed
    (check,) = report
    assert (check.verdict, check.wrong, check.cause) == ("kink", 0, None)
    assert check.kinks in (1, 2)


def test_a_wrong_gradient_beside_a_kink_is_wrong():
    function = Wrong(lambda g, x: 2 * g * (x > 0), torch.relu)
    (check,) = dr.gradient_check(function, torch.tensor([0.0, 1.0, -2.0, 3.0], dtype=torch.float64))
    assert (check.wrong, check.kinks) == (2, 1)
    assert check.cause.text.startswith("analytic = 2 × numeric")


# What is right has no cause


@pytest.mark.parametrize("seed", range(8))
def test_right_modules_have_no_cause(seed):
    torch.manual_seed(seed)
    activation = [torch.nn.ReLU, torch.nn.GELU, torch.nn.Softplus, torch.nn.SiLU][seed % 4]
    module = torch.nn.Sequential(
        torch.nn.Linear(3, 4), activation(), torch.nn.LayerNorm(4), torch.nn.Linear(4, 2), torch.nn.LogSoftmax(dim=1)
    )
    report = dr.gradient_check(module, draw(6, 3, seed=seed))
    assert report.passed, report
    assert not any(check.cause for check in report)
