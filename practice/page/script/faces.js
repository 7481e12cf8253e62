// The small square before a name: initials for people, the lamp house for the bot.

import { h } from "./dom.js";
import { lampTile } from "./icons.js";
import { personOf } from "./names.js";

const RANKS = /^(DCC|ACC|CC|Supt|Sgt|Insp|PC|Det|Ch|DC|DS|DI|DCI|Dr|Mr|Mrs|Ms)$/;

function initials(name) {
  const words = name.split(/\s+/).filter((word) => !RANKS.test(word));
  return (words[0]?.[0] ?? "") + (words.length > 1 ? words.at(-1)[0] : "");
}

/** A person's square; silent, as the name stands beside it. */
export function face(id, size = "") {
  const person = personOf(id);
  if (person?.bot)
    return h(
      "span",
      { class: `face ${size}`, "aria-hidden": "true" },
      lampTile({ "": 40, small: 36, tiny: 22 }[size], 9),
    );
  return h(
    "span",
    { class: `face ${size} c${(person?.number ?? 0) % 11}`, "aria-hidden": "true" },
    initials(person?.name ?? "?"),
  );
}
