// Tag: entities highlighted as one types; a click on a word explains its label.

import { $, make } from "./elements.js";
import { afterTyping, ask, latest } from "./server.js";

let chosen = null;

const tag = latest(async (signal) => {
  const text = $("text").value;
  const { sentences } = await ask("/api/tag", { text }, { signal });
  show(text, sentences);
});

// Places are counted in characters as people count them; JavaScript counts some characters twice.
function show(text, sentences) {
  const characters = [...text];
  const piece = (from, to) => characters.slice(from, to).join("");
  const parts = [];
  let done = 0;
  sentences.forEach((sentence, number) => {
    const marks = new Map(sentence.entities.map((entity) => [entity.start, entity]));
    let mark = null, end = -1;
    sentence.tokens.forEach((token, place) => {
      const into = mark && token.start < end ? mark : parts;
      const between = piece(done, token.start);
      const word = make("button", { type: "button", "aria-pressed": false, "data-label": token.label }, token.text);
      word.addEventListener("click", () => choose(word, number, place));
      const entity = marks.get(token.start);
      if (entity) {
        mark = make("mark", { "data-type": entity.type });
        end = entity.end;
        parts.push(between, mark);
        mark.append(word);
      } else {
        if (into === parts) parts.push(between, word);
        else into.append(between, word);
        if (!sentence.entities.length && token.label !== "O") parts.push(make("small", { class: "word-label" }, token.label));
      }
      done = token.end;
      if (mark && token.end === end) {
        mark.append(make("small", {}, mark.dataset.type));
        mark = null;
      }
    });
  });
  parts.push(piece(done));
  $("tagged").replaceChildren(...parts);
  $("explanation").replaceChildren();
}

function choose(word, sentence, place) {
  chosen = { sentence, place };
  for (const other of $("tagged").querySelectorAll("button")) other.setAttribute("aria-pressed", other === word);
}

export function startTag() {
  $("text").addEventListener("input", afterTyping(tag));
  tag();
}
