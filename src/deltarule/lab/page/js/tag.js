// Tag: entities highlighted as one types; a click on a word explains its label.

import { $, make } from "./elements.js";
import { explain, forget } from "./explanation.js";
import { afterTyping, ask, latest } from "./server.js";

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
  let done = 0, count = 0;
  sentences.forEach((sentence) => {
    const marks = new Map(sentence.entities.map((entity) => [entity.start, entity]));
    let mark = null, end = -1;
    sentence.tokens.forEach((token) => {
      const into = mark && token.start < end ? mark : parts;
      const between = piece(done, token.start);
      const word = make("button", { type: "button", "aria-pressed": false, "data-label": token.label }, token.text);
      const place = count++;
      word.addEventListener("click", () => choose(word, text, place));
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
  forget();
}

function choose(word, text, place) {
  for (const other of $("tagged").querySelectorAll("button")) other.setAttribute("aria-pressed", other === word);
  explain(text, place);
}

export function startTag() {
  $("text").addEventListener("input", afterTyping(tag));
  tag();
}
