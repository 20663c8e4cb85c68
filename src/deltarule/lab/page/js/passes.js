// The forward and the backward pass as steps that can be shown one by one.

import { $, number } from "./elements.js";

// Each step says what is computed, which nodes' values and signals are known after it, and what to mark.
export function stepsOf(graph) {
  const operations = graph.nodes.filter((node) => node.kind === "operation");
  const into = (node) => graph.edges.filter((edge) => edge.target === node.id);
  const byId = Object.fromEntries(graph.nodes.map((node) => [node.id, node]));
  const values = new Set(graph.nodes.filter((node) => node.kind !== "operation").map((node) => node.id));
  const signals = new Set();
  const steps = [];
  const add = (told, node, direction) =>
    steps.push({ told, node: node?.id, direction, values: new Set(values), signals: new Set(signals) });

  add("Forward: the inputs have their values. Each step computes one node.");
  for (const node of operations) {
    values.add(node.id);
    const given = into(node).map((edge) => number(byId[edge.source].value));
    add(`Forward: ${node.text} is ${node.label} of ${given.join(" and ")}, which gives ${number(node.value)}.`, node, "ahead");
  }
  const result = graph.nodes.at(-1);
  signals.add(result.id);
  add(`Backward: the signal begins at the result, with 1.`, result);
  const waiting = Object.fromEntries(graph.nodes.map((node) => [node.id, graph.edges.filter((e) => e.source === node.id).length]));
  for (const node of [...operations].reverse()) {
    const shared = into(node).map((edge) => {
      waiting[edge.source] -= 1;
      if (!waiting[edge.source]) signals.add(edge.source);
      const name = byId[edge.source].text;
      return `to ${name} ${number(node.gradient)} × ${number(edge.local)} = ${number(edge.signal)}`;
    });
    add(`Backward: ${node.text} shares out its signal, × the local gradient: ${shared.join("; ")}.`, node, "behind");
  }
  const twice = graph.nodes.filter((node) => node.kind === "input" && graph.edges.filter((e) => e.source === node.id).length > 1);
  const sums = twice.map((node) => ` ${node.text} is used more than once and gets the sum, ${number(node.gradient)}.`);
  add(`Done: every node has its gradient, each computed once.${sums.join("")}`);
  return steps;
}

export function showStep(graph, steps, place) {
  const drawn = $("drawing");
  if (drawn.graph !== graph) {
    drawn.graph = graph;
    const parsed = new DOMParser().parseFromString(graph.drawing, "image/svg+xml").documentElement;
    drawn.replaceChildren(document.importNode(parsed, true));
  }
  const step = steps[place];
  for (const group of drawn.querySelectorAll("[data-node]")) {
    const id = group.dataset.node;
    group.classList.toggle("current", id === step.node);
    group.querySelector(".value")?.classList.toggle("later", !step.values.has(id));
    group.querySelector(".signal")?.classList.toggle("later", !step.signals.has(id));
  }
  for (const edge of drawn.querySelectorAll("[data-source]")) {
    edge.classList.toggle("active", !!step.direction && edge.dataset.target === step.node);
    edge.classList.toggle("ahead", step.direction === "ahead");
    edge.classList.toggle("behind", step.direction === "behind");
  }
  for (const row of $("nodes").tBodies[0].rows) {
    row.classList.toggle("current", row.dataset.node === step.node);
  }
}
