// Graph calculator: an expression, its graph with every value and gradient, and the two passes step by step.

import { $, make, number, verdict } from "./elements.js";
import { afterTyping, ask, latest } from "./server.js";
import { showStep, stepsOf } from "./passes.js";

const EXAMPLES = {
  "x*y": { x: 4, y: -3 },
  "sigmoid(w0*x0 + w1*x1 + w2)": { w0: 2, x0: -1, w1: -3, x1: -2, w2: -3 },
  "max(0, 1 + sc - s)": { sc: 0.4, s: 0.9 },
  "u1*sigmoid(w11*x1 + b1) + u2*sigmoid(w21*x1 + b2)": { u1: 1, w11: 0.5, x1: 2, b1: 0, u2: -1, w21: -1, b2: 0.5 },
  "x*x + 3*x": { x: 2 },
  "(tanh(w*x + b) - y)**2": { w: 0.5, x: 1.5, b: 0.1, y: 1 },
};
const NUDGE = 0.01;

let values = { x: 4, y: -3 };
let graph = null, steps = [], timer = null;

const calculate = latest(async (signal) => {
  const atEnd = !graph || Number($("position").value) === steps.length - 1;
  const answer = await ask("/api/graph", { expression: $("expression").value, values: known() }, { signal });
  const same = graph && Object.keys(graph.inputs).join() === Object.keys(answer.inputs).join();
  const changed = !graph || graph.expression !== answer.expression;
  graph = answer;
  values = { ...values, ...graph.inputs };
  if (!same) showValues();
  else updateValues();
  showNodes();
  steps = stepsOf(graph);
  $("position").max = steps.length - 1;
  go(changed || atEnd ? steps.length - 1 : Number($("position").value));
});

// Only values of names that stand in the expression; the server would refuse others.
function known() {
  const text = $("expression").value;
  const names = text.match(/(?<![\p{L}\p{N}_.])[\p{L}_][\p{L}\p{N}_]*(?![\p{L}\p{N}_]|\s*\()/gu) ?? [];
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

function showValues() {
  $("values").replaceChildren(
    ...Object.entries(graph.inputs).map(([name, value]) => {
      const reach = Math.max(5, Math.ceil(2 * Math.abs(value)));
      const field = make("input", { type: "number", step: "any", id: `value-${name}`, value: number(value) });
      const slider = make("input", { type: "range", min: -reach, max: reach, step: 0.01, value, "aria-label": `${name}, slider` });
      const set = (to) => {
        if (!Number.isFinite(to)) return;
        values[name] = to;
        $("nudged").textContent = "";
        calculate();
      };
      field.addEventListener("input", () => field.value !== "" && set(Number(field.value)));
      slider.addEventListener("input", () => set(Number(slider.value)));
      const nudge = (by) =>
        make("button", { type: "button", "aria-label": `${name} ${by < 0 ? "minus" : "plus"} ${NUDGE}`, onclick: () => nudged(name, by) }, by < 0 ? "−h" : "+h");
      return make("div", { "data-name": name }, make("label", { for: field.id }, name), field, slider, nudge(-NUDGE), nudge(NUDGE));
    }),
  );
}

function updateValues() {
  for (const [name, value] of Object.entries(graph.inputs)) {
    for (const field of $("values").querySelectorAll(`[data-name="${CSS.escape(name)}"] input`)) {
      if (field !== document.activeElement || field.type === "range") field.value = number(value);
    }
  }
}

// Raise a value by a little h: the gradient foretells by how much the result changes.
async function nudged(name, by) {
  const before = graph.value;
  const slope = graph.nodes.find((node) => node.kind === "input" && node.label === name).gradient;
  values[name] = Number((values[name] + by).toPrecision(12));
  $("nudged").replaceChildren();
  await calculate();
  $("nudged").replaceChildren(
    `${name} ${by < 0 ? "−" : "+"} ${NUDGE}: its gradient `,
    make("b", { class: "signal" }, number(slope)),
    ` foretells a change of `,
    make("b", { class: "signal" }, number(slope * by)),
    `; the result changed by `,
    make("b", { class: "value" }, number(graph.value - before)),
    ".",
  );
}

function showNodes() {
  $("nodes").tBodies[0].replaceChildren(
    ...graph.nodes
      .filter((node) => node.kind !== "constant")
      .map((node) =>
        make(
          "tr",
          { "data-node": node.id },
          make("td", {}, make("code", {}, node.text)),
          make("td", { class: "value" }, number(node.value)),
          make("td", { class: "signal" }, number(node.gradient)),
          make("td", {}, number(node.check.numeric)),
          make("td", {}, verdict(node.check.verdict, kinkOf(node.check))),
        ),
      ),
  );
}

function kinkOf(check) {
  return check.verdict === "kink" ? `slope ${number(check.left)} on the left, ${number(check.right)} on the right` : "";
}

function go(to) {
  const place = Math.max(0, Math.min(to, steps.length - 1));
  $("position").value = place;
  $("position").setAttribute("aria-valuetext", steps[place]?.told ?? "");
  $("step").textContent = steps[place]?.told ?? "";
  showStep(graph, steps, place);
  if (place === steps.length - 1) stop();
}

function stop() {
  clearInterval(timer);
  timer = null;
  $("play").textContent = "Play";
}

function play() {
  if (timer) return stop();
  if (Number($("position").value) === steps.length - 1) go(0);
  $("play").textContent = "Pause";
  timer = setInterval(() => go(Number($("position").value) + 1), 1400);
}

export function startGraph() {
  $("examples").append(make("option", { value: "" }, "choose …"));
  for (const text of Object.keys(EXAMPLES)) $("examples").append(make("option", {}, text));
  $("examples").value = $("expression").value;
  $("examples").addEventListener("change", () => {
    if (!$("examples").value) return;
    $("expression").value = $("examples").value;
    values = { ...EXAMPLES[$("examples").value] };
    calculate();
  });
  $("expression").addEventListener("input", () => ($("examples").value = ""));
  $("expression").addEventListener("input", afterTyping(calculate, 250));
  $("first").addEventListener("click", () => go(0));
  $("back").addEventListener("click", () => go(Number($("position").value) - 1));
  $("forward").addEventListener("click", () => go(Number($("position").value) + 1));
  $("last").addEventListener("click", () => go(steps.length));
  $("play").addEventListener("click", play);
  $("position").addEventListener("input", () => go(Number($("position").value)));
  calculate();
  return { left: stop };
}
