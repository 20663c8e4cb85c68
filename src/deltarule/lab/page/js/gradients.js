// Gradients: backpropagation against central differences, as a table and as errors beside the tolerance.

import { currentSession } from "./boundary.js";
import { draw } from "./charts.js";
import { $, colour, make, number, onThemeChange, verdict } from "./elements.js";
import { ask, latest } from "./server.js";

const TOLERANCE = 1e-6;
let report = null;

const check = latest(async (signal) => {
  const form = new FormData($("checking"));
  const session = currentSession();
  const ofModel = form.get("target") === "model";
  if (!ofModel && !session) throw new Error("There is no network yet: open the tab Boundary first.");
  const whole = (name, called) => {
    const value = Number(form.get(name));
    if (form.get(name).trim() === "" || !Number.isInteger(value)) throw new Error(`${called} must be a whole number.`);
    return value;
  };
  const body = { sample: whole("sample", "Entries"), sentences: whole("sentences", "Sentences"), seed: whole("seed", "The seed") };
  $("verdict").textContent = "Checking: two forward passes for each entry …";
  try {
    report = await ask(ofModel ? "/api/check" : `/api/train/${session}/check`, body, { signal });
  } catch (error) {
    if (error.name !== "AbortError") $("verdict").textContent = "";
    throw error;
  }
  show();
});

function show() {
  const total = (name) => report.parameters.reduce((sum, row) => sum + row[name], 0);
  const kinks = total("kinks");
  $("verdict").replaceChildren(
    make("b", { class: report.passed ? "" : "bad" }, report.passed ? "Passed" : "Failed"),
    `: ${total("checked")} of ${total("total")} entries checked, ${total("wrong")} wrong`,
    kinks ? `, ${kinks} at a kink` : "",
    `; ${report.evaluations} evaluations of the loss took ${time(report.seconds)}, one backward pass ${time(report.backward_seconds)}.`,
  );
  $("checks").hidden = false;
  $("checks").tBodies[0].replaceChildren(...report.parameters.map(row));
  $("kinks").replaceChildren(...report.parameters.filter((row) => row.kinks).map(kink));
  showErrors();
}

function row(found) {
  const count = found.verdict === "agrees" ? "" : `${found[found.verdict === "kink" ? "kinks" : "wrong"]} of ${found.checked}`;
  return make(
    "tr",
    { "data-name": found.name },
    make("td", {}, make("code", {}, found.name)),
    make("td", {}, found.shape.join(" × ")),
    make("td", {}, `${found.checked} of ${found.total}`),
    make("td", {}, found.worst_index ? `[${found.worst_index.join(", ")}]` : ""),
    make("td", { class: "signal" }, number(found.analytic)),
    make("td", {}, number(found.numeric)),
    make("td", {}, number(found.relative_error, 2)),
    make("td", {}, verdict(found.verdict, count)),
  );
}

function kink(found) {
  const where = found.kink ? `a kink of ${found.kink}` : "a kink";
  return make(
    "li", {},
    `${found.name}: at ${where} the slope is ${number(found.left)} on the left and ${number(found.right)} on the right; no number is the gradient there, so the comparison says nothing.`,
  );
}

// Largest relative error of each parameter, on a logarithmic axis that ends at the precision of the numbers.
function showErrors() {
  const rows = [...report.parameters].filter((found) => found.relative_error != null).reverse();
  const symbols = { agrees: "circle", kink: "triangle-up-open", wrong: "x" };
  $("errors").hidden = false;
  $("errors").style.height = `${6.5 + 1.5 * rows.length}rem`;
  const trace = {
    type: "scatter", mode: "markers",
    x: rows.map((found) => Math.max(found.relative_error, 1e-16)),
    y: rows.map((found) => found.name),
    text: rows.map((found) => found.verdict),
    marker: { color: rows.map((found) => colour(found.verdict === "wrong" ? "bad" : "signal")), symbol: rows.map((found) => symbols[found.verdict]), size: 11, line: { width: 2 } },
    hovertemplate: "%{y}: %{x:.1e}, %{text}<extra></extra>",
  };
  const limit = { type: "line", x0: TOLERANCE, x1: TOLERANCE, y0: 0, y1: 1, yref: "paper", line: { color: colour("quiet"), dash: "dash" } };
  const narrow = $("errors").clientWidth < 480;
  const told = { x: Math.log10(TOLERANCE), y: 1, yref: "paper", yanchor: "bottom", text: narrow ? "tolerance" : "agrees ← 1e-6 → wrong", showarrow: false, font: { color: colour("quiet") } };
  draw($("errors"), [trace], {
    xaxis: { type: "log", range: [-16.3, 0.5], dtick: narrow ? 8 : 4, tickangle: 0, exponentformat: "e", title: { text: "largest relative error" } },
    yaxis: { automargin: true, type: "category" },
    shapes: [limit], annotations: [told], margin: { l: 10, r: 16, t: 28, b: 48 },
  });
}

function time(seconds) {
  if (seconds >= 1) return `${number(seconds, 3)} s`;
  return seconds >= 1e-3 ? `${number(seconds * 1e3, 3)} ms` : `${number(seconds * 1e6, 3)} µs`;
}

export function startGradients() {
  $("checking").addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  onThemeChange(() => report && showErrors());
  return { opened: () => report && showErrors() };
}
