// JSON laid out for reading: names in the accent, what is hidden said softly.

import { h } from "./dom.js";

const PIECE = /("(?:[^"\\]|\\.)*")(\s*:)?/g;

/** The nodes of a value as indented JSON. */
export function jsonNodes(value) {
  const text = JSON.stringify(value, null, 1) ?? "null";
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(PIECE)) {
    nodes.push(text.slice(at, found.index), piece(found[1], found[2]));
    at = found.index + found[0].length;
  }
  nodes.push(text.slice(at));
  return nodes;
}

function piece(words, colon) {
  if (colon) return [h("span", { class: "json-name" }, words), colon];
  if (/^"(?:[^"]*\/)?hidden"$/.test(words)) return h("span", { class: "json-hidden" }, words.slice(1, -1));
  return words;
}
