// Charts by plotly, in the page's colours.

import { colour } from "./elements.js";

const CONFIG = { displayModeBar: false, responsive: true };

export function layout(changes = {}) {
  const axis = { color: colour("quiet"), gridcolor: colour("line"), zerolinecolor: colour("line"), fixedrange: true };
  const { xaxis = {}, yaxis = {}, ...rest } = changes;
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("ink"), family: "system-ui, sans-serif", size: 14 },
    margin: { l: 48, r: 12, t: 8, b: 36 },
    showlegend: false,
    dragmode: false,
    xaxis: { ...axis, ...xaxis },
    yaxis: { ...axis, ...yaxis },
    ...rest,
  };
}

export function draw(element, traces, changes) {
  return globalThis.Plotly.react(element, traces, layout(changes), CONFIG);
}
