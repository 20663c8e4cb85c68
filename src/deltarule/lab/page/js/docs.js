// The description of the API, from /openapi.json.

import { $, make } from "./elements.js";
import { ask, showError } from "./server.js";

function show(description) {
  const schemas = description.components?.schemas ?? {};
  const parts = [make("p", {}, description.info.description)];
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, told] of Object.entries(methods)) {
      parts.push(make("h2", {}, make("code", {}, `${method.toUpperCase()} ${path}`)), make("p", {}, told.description));
      const reference = told.requestBody?.content["application/json"].schema.$ref;
      if (reference) parts.push(...fields(schemas[reference.split("/").at(-1)]), make("pre", { class: "card scroll" }, command(path, schemas[reference.split("/").at(-1)])));
    }
  }
  $("documentation").replaceChildren(...parts);
}

function fields(schema) {
  const head = make("tr", {}, ...["field", "type", "default", ""].map((name) => make("th", {}, name)));
  const rows = Object.entries(schema.properties).map(([name, field]) =>
    make(
      "tr", {},
      make("td", {}, make("code", {}, name)),
      make("td", {}, type(field)),
      make("td", {}, "default" in field ? JSON.stringify(field.default) : "required"),
      make("td", { class: "told-of" }, field.description ?? ""),
    ),
  );
  return [make("div", { class: "scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)))];
}

function type(field) {
  if (field.enum) return field.enum.join(" | ");
  const limits = [field.minimum ?? field.exclusiveMinimum, field.maximum ?? field.maxLength ?? field.maxItems];
  const within = limits.some((limit) => limit !== undefined) ? ` (${[limits[0], limits[1]].map((limit) => limit ?? "").join(" … ").trim()})` : "";
  return (field.type ?? (field.anyOf ?? []).map((one) => one.type).join(" | ")) + within;
}

// A command that can be pasted into a shell.
function command(path, schema) {
  const body = Object.fromEntries(Object.entries(schema.properties).filter(([, field]) => field.examples).map(([name, field]) => [name, field.examples[0]]));
  return `curl ${location.origin}${path} -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(body)}'`;
}

ask("/openapi.json").then(show).catch(showError);
