// Boundary: a network learns to part points, on the server; this page asks it for some steps at a time, and draws.

import { draw } from "./charts.js";
import { $, colour, make, number, onThemeChange } from "./elements.js";
import { ask, clearError, showError } from "./server.js";

const CURVE = 1000; // points of the loss curve that are drawn

const own = [];
let session = null, points = [], classes = [], losses = [], seen = null;
let running = false;
let turn = Promise.resolve(); // requests wait for each other, so that answers come in order

export const currentSession = () => session;

function inTurn(task) {
  turn = turn.then(task).then(clearError, (error) => {
    pause();
    showError(error);
  });
  return turn;
}

function task() {
  const form = new FormData($("task"));
  const parts = form.get("hidden").split(/[\s,;×x-]+/).filter(Boolean);
  const hidden = parts.map(Number);
  if (hidden.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new Error("Hidden layers are whole numbers of neurons, such as 8 or 8, 4.");
  }
  const decimal = (name, called) => {
    const value = Number(form.get(name));
    if (form.get(name).trim() === "" || !Number.isFinite(value)) throw new Error(`${called} must be a number.`);
    return value;
  };
  return {
    data: form.get("data"),
    points: form.get("data") === "points" ? own : [],
    hidden,
    activation: form.get("activation"),
    objective: form.get("objective"),
    update_rule: form.get("update_rule"),
    learning_rate: decimal("learning_rate", "The learning rate"),
    seed: decimal("seed", "The seed"),
  };
}

function reset() {
  pause();
  const choosing = new FormData($("task")).get("data") === "points";
  $("own").hidden = !choosing;
  $("picture").classList.toggle("choosing", choosing);
  return inTurn(async () => {
    end();
    losses = [];
    if (choosing && new Set(own.map(([, , kind]) => kind)).size < 2) {
      seen = null;
      points = own.map(([x, y]) => [x, y]);
      classes = own.map(([, , kind]) => kind);
      show();
      return;
    }
    const answer = await ask("/api/train", task());
    ({ session, points, classes } = answer);
    seen = answer;
    show();
  });
}

function end() {
  if (session) fetch(`/api/train/${session}`, { method: "DELETE", keepalive: true }).catch(() => {});
  session = null;
}

function train(steps) {
  return inTurn(async () => {
    if (!session) throw new Error("Add points of both classes first.");
    const answer = await ask(`/api/train/${session}`, { steps });
    losses.push(...answer.losses);
    seen = answer;
    await show();
  });
}

async function run() {
  running = true;
  $("train").textContent = "Pause";
  while (running) {
    await train(Number($("speed").value));
    await new Promise(requestAnimationFrame);
  }
}

function pause() {
  running = false;
  $("train").textContent = "Train";
}

function show() {
  $("count").textContent = `${own.length} point${own.length === 1 ? "" : "s"}`;
  $("train").disabled = $("one").disabled = !seen;
  const status = $("state");
  if (seen) {
    const right = Math.round(seen.accuracy * points.length);
    status.replaceChildren(
      "Step ", make("b", { id: "steps" }, String(seen.step)),
      " · loss on all points ", make("b", { id: "whole-loss", class: "value" }, number(seen.loss)),
      " · right ", make("b", { id: "right" }, `${right} of ${points.length}`),
    );
  } else status.textContent = "Add points of both classes; then train.";
  showNeurons();
  return Promise.all([showPicture(), showLoss()]);
}

function showPicture() {
  const of = (kind) => points.filter((_, place) => classes[place] === kind);
  const cloud = (kind, symbol) => ({
    type: "scatter", mode: "markers", hoverinfo: "skip",
    x: of(kind).map(([x]) => x), y: of(kind).map(([, y]) => y),
    marker: { color: colour(`class${kind}`), symbol, size: 8, line: { color: colour("paper"), width: 1 } },
  });
  const traces = [cloud(0, "circle"), cloud(1, "diamond")];
  if (seen) {
    const { side: x, side: y, grid: z } = seen;
    const shades = [[0, colour("class0")], [0.5, colour("paper")], [1, colour("class1")]];
    const line = { start: 0.5, end: 0.5, size: 1, coloring: "lines" };
    traces.unshift(
      { type: "heatmap", x, y, z, zmin: 0, zmax: 1, zsmooth: "best", colorscale: shades, showscale: false, opacity: 0.55, hoverinfo: "skip" },
      { type: "contour", x, y, z, contours: line, colorscale: [[0, colour("ink")], [1, colour("ink")]], showscale: false, line: { width: 2.5 }, hoverinfo: "skip" },
    );
  }
  const axis = { range: [-1.3, 1.3], dtick: 0.5, zeroline: false, showgrid: false, constrain: "domain" };
  return draw($("picture"), traces, { xaxis: axis, yaxis: { ...axis, scaleanchor: "x" }, margin: { l: 36, r: 8, t: 8, b: 30 } });
}

function showLoss() {
  const every = Math.max(1, Math.ceil(losses.length / CURVE));
  const x = [], y = [];
  for (let place = 0; place < losses.length; place += every) {
    x.push(place + 1);
    y.push(losses[place]);
  }
  const trace = { type: "scatter", mode: losses.length === 1 ? "markers" : "lines", x, y, line: { color: colour("value"), width: 1.5 }, hovertemplate: "step %{x}: %{y:.4g}<extra></extra>" };
  const range = losses.length ? {} : { range: [0, 10] };
  return draw($("loss"), [trace], { xaxis: { title: { text: "step" }, rangemode: "tozero", ...range }, yaxis: { rangemode: "tozero" }, margin: { l: 48, r: 8, t: 8, b: 42 } });
}

function showNeurons() {
  if (!seen?.layers.length) {
    $("neurons").replaceChildren(...(seen ? [make("p", { class: "note" }, "No hidden layer: the boundary is a straight line.")] : []));
    return;
  }
  $("neurons").replaceChildren(
    ...seen.layers.map((layer, depth) => {
      const strongest = Math.max(...layer.map((neuron) => neuron.signal)) || 1;
      const told = depth ? [] : [": ", make("span", { class: "value" }, "activation"), " of each neuron over the plane; mean size of its ", make("span", { class: "signal" }, "error signal")];
      const heading = make("p", {}, `Hidden layer ${depth + 1}`, ...told);
      return make("div", { class: "layer" }, heading, make("div", { class: "neurons" }, ...layer.map((neuron, place) => portrait(neuron, depth, place, strongest))));
    }),
  );
}

// A neuron's activation at each place: low is the paper's colour, high the colour of values.
function portrait(neuron, depth, place, strongest) {
  const size = neuron.picture.length;
  const canvas = make("canvas", { width: size, height: size, role: "img" });
  const numbers = neuron.picture.flat();
  const low = Math.min(...numbers), high = Math.max(...numbers);
  const [from, to] = [rgb(colour("paper")), rgb(colour("value"))];
  const image = new ImageData(size, size);
  neuron.picture.forEach((row, i) =>
    row.forEach((value, j) => {
      const share = high > low ? (value - low) / (high - low) : 0;
      const at = 4 * ((size - 1 - i) * size + j);
      for (let c = 0; c < 3; c++) image.data[at + c] = from[c] + share * (to[c] - from[c]);
      image.data[at + 3] = 255;
    }),
  );
  canvas.getContext("2d").putImageData(image, 0, 0);
  const told = `layer ${depth + 1}, neuron ${place + 1}: activation ${number(low, 3)} to ${number(high, 3)}, mean |signal| ${number(neuron.signal, 3)}`;
  canvas.setAttribute("aria-label", told);
  const bar = make("i", { style: `width: ${(100 * neuron.signal) / strongest}%` });
  return make("div", { class: "neuron", title: told, "data-signal": neuron.signal }, canvas, bar);
}

const rgb = (hex) => [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));

function addPoint(x, y, kind) {
  if (![x, y].every((place) => Math.abs(place) <= 1.3)) return showError(new Error("x and y must be numbers between -1.3 and 1.3."));
  own.push([Number(x.toFixed(4)), Number(y.toFixed(4)), kind]);
  reset();
}

const chosenKind = () => Number(document.querySelector("input[name=kind]:checked").value);

function clicked(event) {
  const { xaxis, yaxis } = $("picture")._fullLayout ?? {};
  if ($("own").hidden || !xaxis) return;
  const place = $("picture").getBoundingClientRect();
  const x = xaxis.p2d(event.clientX - place.left - xaxis._offset);
  const y = yaxis.p2d(event.clientY - place.top - yaxis._offset);
  if (Math.abs(x) <= 1.3 && Math.abs(y) <= 1.3) addPoint(x, y, chosenKind());
}

export function startBoundary() {
  $("task").addEventListener("change", reset);
  $("task").addEventListener("submit", (event) => event.preventDefault());
  $("train").addEventListener("click", () => (running ? pause() : run()));
  $("one").addEventListener("click", () => {
    pause();
    train(1);
  });
  $("reset").addEventListener("click", reset);
  $("add").addEventListener("click", () => addPoint(Number($("own-x").value), Number($("own-y").value), chosenKind()));
  $("clear").addEventListener("click", () => {
    own.length = 0;
    reset();
  });
  $("picture").addEventListener("click", clicked);
  addEventListener("pagehide", end);
  onThemeChange(() => show());
  reset();
  return { left: pause, opened: () => show() };
}
