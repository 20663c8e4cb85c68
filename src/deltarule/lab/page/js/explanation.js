// Why a word has its label: the window with what each word and feature did, the hidden neurons, and the way of the signal.

import { draw } from "./charts.js";
import { $, colour, make, number, onThemeChange } from "./elements.js";
import { ask, latest } from "./server.js";

const LABELS = 6; // that are shown

let asked = null, found = null;

export const explain = latest(async (signal, text, word) => {
  const answer = await ask("/api/explain", { text, word }, { signal });
  asked = { text, word };
  found = answer;
  $("explanation").hidden = false;
  $("hint").hidden = true;
  $("trace").hidden = true;
  $("gradient").textContent = "";
  showScores();
  showParts();
  showNeurons();
});

const follow = latest(async (signal) => {
  const form = new FormData($("following"));
  const { layer, neuron } = placeOf(form.get("neuron").trim());
  const weight = `${layer.name}[${neuron},${form.get("input").trim()}]`;
  const trace = await ask("/api/trace", { ...asked, weight }, { signal });
  $("trace").hidden = false;
  $("trace").tBodies[0].replaceChildren(...trace.steps.map(step));
  $("gradient").replaceChildren(
    `The gradient of ${trace.weight}: by these steps `, make("b", { class: "signal" }, number(trace.gradient)),
    ", by the backward pass ", make("b", { class: "signal" }, number(trace.backward)), ".",
  );
});

export function forget() {
  found = null;
  $("explanation").hidden = true;
  $("hint").hidden = false;
}

function step(told) {
  const signal = told.signal ?? told.shares.map((share) => `${share.name} ${number(share.product, 4)}`).slice(0, LABELS).join(", ");
  return make(
    "tr", {},
    make("td", {}, told.text),
    make("td", {}, told.factor == null ? "" : number(told.factor)),
    make("td", { class: "signal" }, typeof signal === "number" ? number(signal) : signal),
  );
}

function showScores() {
  $("why").textContent = `Why is “${found.word}” ${found.written}?`;
  const inside = found.written === found.label ? "" : ", as the network calls it,";
  $("margin").replaceChildren(
    `${found.label}${inside} scores `, value(found.scores[found.label]), `, the runner-up ${found.runner_up} `,
    value(found.scores[found.runner_up]), ": a margin of ", value(found.margin), ".",
  );
  const best = Object.entries(found.scores).slice(0, LABELS);
  $("scores").tBodies[0].replaceChildren(
    ...best.map(([label, score]) =>
      make("tr", {}, make("td", {}, label), make("td", { class: "value" }, number(score)), make("td", {}, number(found.probabilities[label]))),
    ),
  );
}

const value = (of) => make("b", { class: "value" }, number(of));
const place = (word) => (word.word ?? (word.offset < 0 ? "⟨begin⟩" : "⟨end⟩"));

function showParts() {
  const measure = $("measure").value;
  const words = found.window;
  const names = words.map((word) => (word.offset ? `${word.offset > 0 ? "+" : "−"}${Math.abs(word.offset)} ` : "→ ") + place(word));
  const parts = words.map((word) => word[measure]);
  const bars = {
    type: "bar", orientation: "h", y: names, x: parts, cliponaxis: false,
    text: parts.map((part) => number(part, 3)), textposition: "outside",
    marker: { color: parts.map((part) => (part < 0 ? colour("paper") : colour("ink"))), line: { color: colour("ink"), width: 1.5 } },
    hovertemplate: "%{y}: %{x:.4g}<extra></extra>",
  };
  const low = Math.min(0, ...parts), high = Math.max(0, ...parts), room = ($("words").clientWidth < 480 ? 0.35 : 0.22) * (high - low || 1);
  draw($("words"), [bars], {
    xaxis: { range: [low - (low < 0 ? room : 0), high + room], zerolinecolor: colour("quiet") },
    yaxis: { autorange: "reversed", automargin: true, showgrid: false }, height: 46 * words.length + 44, margin: { l: 8, r: 8, t: 6, b: 30 }, bargap: 0.45,
  });
  showFeatures(words, measure);
  const sum = parts.reduce((total, part) => total + part, 0);
  const told = {
    integrated: [`The parts sum to `, number(sum), `: the margin less `, number(found.baseline_margin), `, that of a window beyond a sentence's ends. Filled bars speak for ${found.label}, hollow ones for ${found.runner_up}.`],
    gradient: [`The gradient of the margin × (input − baseline): right for small changes only, so the parts sum to `, number(sum), `, not to the change of the margin, `, number(found.margin - found.baseline_margin), `.`],
    masked: [`By how much the margin falls when a word or a feature is replaced by what stands beyond a sentence's ends.`],
  };
  $("baseline").replaceChildren(...told[measure]);
}

function showFeatures(words, measure) {
  const names = [...new Set(words.flatMap((word) => word.features.map((feature) => feature.name)))];
  const most = Math.max(...words.flatMap((word) => [word[measure], ...word.features.map((feature) => feature[measure])]).map(Math.abs)) || 1;
  const cell = (part, said = "") =>
    make("td", {}, said ? make("small", {}, `${said} `) : "", number(part, 4), bar(part / most));
  $("features").tHead.replaceChildren(make("tr", {}, make("th", {}, "feature"), ...words.map((word) => make("th", {}, place(word)))));
  const whole = make("tr", { class: "whole" }, make("td", {}, "the whole word"), ...words.map((word) => cell(word[measure])));
  const rows = names.map((name) =>
    make(
      "tr", { "data-feature": name },
      make("td", {}, name),
      ...words.map((word) => {
        const feature = word.features.find((own) => own.name === name);
        return feature ? cell(feature[measure], word.word == null ? "" : feature.value + (feature.known ? "" : " (unknown)")) : make("td");
      }),
    ),
  );
  $("features").tBodies[0].replaceChildren(whole, ...rows);
}

function bar(share) {
  const size = 50 * Math.abs(share);
  const style = `left: ${share < 0 ? 50 - size : 50}%; width: ${size}%`;
  return make("span", { class: "bar" }, make("i", { style, class: share < 0 ? "against" : "" }));
}

// Neurons are numbered through all hidden layers side by side: which one is it, and which of its neurons?
function placeOf(number) {
  let neuron = number;
  for (const layer of found.hidden.slice(0, -1)) {
    if (!(neuron >= layer.activations.length)) return { layer, neuron };
    neuron -= layer.activations.length;
  }
  return { layer: found.hidden.at(-1), neuron };
}

// Two strips, one above the other: what each neuron says, and how much the margin depends on it.
function showNeurons() {
  if (!found.hidden.length) return;
  const [activations, signals] = ["activations", "signals"].map((of) => found.hidden.flatMap((layer) => layer[of]));
  $("layer").replaceChildren("The hidden neurons: ", make("span", { class: "value" }, "activation"), " and ", make("span", { class: "signal" }, "error signal"), ", δ = ∂margin/∂z");
  const numbers = activations.map((_, neuron) => neuron);
  const names = found.hidden.flatMap((layer) => layer.activations.map((_, neuron) => `${layer.name}[${neuron}]`));
  const strip = (y, name, axis, called) => ({
    type: "bar", x: numbers, y, yaxis: axis, customdata: names, marker: { color: colour(name), line: { width: 0 } },
    hovertemplate: `%{customdata}: ${called} = %{y:.4g}<extra></extra>`,
  });
  draw($("strip"), [strip(activations, "value", "y", "a"), strip(signals, "signal", "y2", "δ")], {
    xaxis: { anchor: "y2", title: { text: "neuron" }, showgrid: false, zeroline: false },
    yaxis: { domain: [0.54, 1], title: { text: "a" } },
    yaxis2: { domain: [0, 0.46], title: { text: "δ" }, color: colour("quiet"), gridcolor: colour("line"), zerolinecolor: colour("line"), fixedrange: true },
    bargap: 0.15, margin: { l: 60, r: 8, t: 6, b: 42 },
  }).then((chart) => {
    chart.removeAllListeners("plotly_click");
    chart.on("plotly_click", ({ points }) => {
      $("following").elements.neuron.value = points[0].x;
      follow();
    });
  });
}

$("measure").addEventListener("change", showParts);
$("following").addEventListener("submit", (event) => {
  event.preventDefault();
  follow();
});
onThemeChange(() => {
  if (!found) return;
  showParts();
  showNeurons();
});
