import { startBoundary } from "./boundary.js";
import { $ } from "./elements.js";
import { startGradients } from "./gradients.js";
import { startGraph } from "./graph.js";
import { ask, clearError, showError } from "./server.js";
import { startTabs } from "./tabs.js";
import { startTag } from "./tag.js";

// A tab begins its work when it is first opened, and is told each time that it is opened or left.
const begin = { tag: startTag, graph: startGraph, boundary: startBoundary, gradients: startGradients };
const begun = {};
let current;

startTabs((name) => {
  clearError();
  if (current !== name) begun[current]?.left?.();
  current = name;
  if (name in begun) begun[name]?.opened?.();
  else begun[name] = begin[name]() ?? {};
});

ask("/api/model").then((model) => ($("model").textContent = model.name), showError);
