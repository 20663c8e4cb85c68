// Making elements, and writing numbers.

export const $ = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// Six significant digits, as the command prints them.
export function number(value, digits = 6) {
  if (value == null) return "–";
  return String(Number(Number(value).toPrecision(digits)) || 0);
}

export function verdict(name, detail = "") {
  return make("span", { class: `verdict ${name}` }, detail ? `${name} (${detail})` : name);
}

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function onThemeChange(task) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", task);
}
