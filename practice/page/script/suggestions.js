// Suggestions above the composer: the bot's command, its words, and references from its newest answer.

import { h, fill } from "./dom.js";
import { opened } from "./layers.js";
import { store } from "./store.js";

const MOST = 24;
const REFERENCE = /\b[A-Z]{2,}\d*-[A-Z]?\d+(?:\.\d+)*\b/g;

let field;
let place;
let list;
let shown = [];
let at = -1;
let forget = null;
let changed = () => {};

/** Prepares the list once, above the field it serves; `onChange` hears that it has opened or shut. */
export function prepareSuggestions(givenField, givenPlace, onChange) {
  field = givenField;
  place = givenPlace;
  changed = onChange;
  list = h("div", { id: "suggestions", class: "rows", role: "listbox", "aria-label": "Suggestions" });
  const key = (...names) => names.flatMap((name) => [h("kbd", {}, name), " "]);
  fill(
    place,
    list,
    h(
      "div",
      { class: "keys", "aria-hidden": "true" },
      h("span", {}, key("↑", "↓"), "choose"),
      h("span", {}, key("Tab"), "completes"),
      h("span", {}, key("Enter"), "sends"),
      h("span", {}, key("Esc"), "closes"),
    ),
  );
  place.hidden = true;
  for (const [name, value] of [
    ["role", "combobox"],
    ["aria-autocomplete", "list"],
    ["aria-haspopup", "listbox"],
    ["aria-controls", "suggestions"],
    ["aria-expanded", "false"],
  ])
    field.setAttribute(name, value);
  field.addEventListener("blur", () => shutSuggestions());
}

/** Whether the list is open. */
export const suggesting = () => !place.hidden;

/** Opens, narrows or shuts the list as the words in the field ask for. */
export function suggest() {
  const typed = field.value;
  shown = typed.startsWith("/") && !typed.includes("\n") ? fitting(typed) : [];
  if (!shown.length) return shutSuggestions();
  at = beginsOnly(typed) || same(shown[0].say, typed) ? 0 : -1;
  fill(list, shown.map(option));
  place.hidden = false;
  forget ??= opened(shutSuggestions);
  field.setAttribute("aria-expanded", "true");
  mark();
  return changed();
}

/** Shuts the list. */
export function shutSuggestions() {
  if (place.hidden) return;
  place.hidden = true;
  at = -1;
  forget?.();
  forget = null;
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
  changed();
}

/** The words that Enter would send: the row that is marked, or nothing when none is. */
export const chosenWords = () => (suggesting() && at >= 0 ? shown[at].say : null);

/** Takes a key while the list is open; says whether it was for the list. */
export function suggestionKey(event) {
  if (!suggesting()) return false;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && !event.altKey) {
    at = at < 0 ? (step > 0 ? 0 : shown.length - 1) : (at + step + shown.length) % shown.length;
    mark();
  } else if (event.key === "Tab" && !event.shiftKey) complete(shown[Math.max(0, at)].say);
  else if (event.key === "Escape") shutSuggestions();
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

function complete(words) {
  field.value = words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  if (same(shown[0]?.say, words) && shown.length === 1) shutSuggestions();
}

const same = (one, other) => one?.trim().toLowerCase() === other.trim().toLowerCase();
const beginsOnly = (typed) => !/\s/.test(typed);

function fitting(typed) {
  const start = typed.toLowerCase().replace(/\s+/g, " ");
  return all()
    .filter((one) => one.say.toLowerCase().startsWith(start) || same(one.say, typed))
    .slice(0, MOST);
}

/** Everything that can be suggested: the first reference where the list of words names one, the others behind. */
function all() {
  if (!store.state) return []; // somebody types before the workspace has arrived
  const [first, ...others] = references();
  const words =
    store.state.app.words ?? (store.state.app.try ?? []).map((say) => ({ say: bare(say), means: "" }));
  const withReference = (reference) => words.filter(needs).map((one) => spelled(one, reference));
  const front = words.flatMap((one) => (needs(one) ? (first ? [spelled(one, first)] : []) : [spelled(one)]));
  return [...front, ...others.flatMap(withReference)];
}

const needs = (one) => one.say.includes("{reference}");
const bare = (say) => say.replace(/^\/\S+\s*/, "");

function spelled({ say, means }, reference) {
  const [command] = store.state.app.commands;
  return { say: `${command} ${say.replace("{reference}", reference)}`.trim(), means };
}

function references() {
  const newest = [...document.querySelectorAll("#messages article.from-bot")].at(-1);
  return [...new Set((newest?.innerText ?? "").match(REFERENCE) ?? [])].slice(0, 10);
}

function option({ say, means }, number) {
  return h(
    "div",
    {
      class: "suggestion",
      role: "option",
      id: `suggestion-${number}`,
      "aria-selected": "false",
      onpointerdown: (event) => event.preventDefault(),
      onclick: () => complete(say),
    },
    h("span", { class: "say" }, say),
    " ",
    h("span", { class: "means" }, means),
  );
}

function mark() {
  [...list.children].forEach((node, number) => {
    node.setAttribute("aria-selected", String(number === at));
    if (number === at) node.scrollIntoView({ block: "nearest" });
  });
  if (at >= 0) field.setAttribute("aria-activedescendant", `suggestion-${at}`);
  else field.removeAttribute("aria-activedescendant");
}
