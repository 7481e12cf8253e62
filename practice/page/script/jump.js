// Ctrl or Cmd K: jump to a channel, a person or a time by a few letters of its name.

import { h, fill } from "./dom.js";
import { icons } from "./icons.js";
import { face } from "./faces.js";
import { MOVE_WORDS, moveTarget } from "./band.js";
import { store, botName } from "./store.js";

const MOST = 8;
let acts = {};

/** Prepares it once; `given` are open, become and move. */
export function prepareJump(given) {
  acts = given;
}

/** Opens the field; the focus goes back to where it was. */
export function jump() {
  if (document.querySelector("dialog[open]")) return;
  const before = document.activeElement;
  const list = h("div", {
    id: "jump-list",
    class: "rows",
    role: "listbox",
    "aria-label": "Places, people and times",
  });
  const field = h("input", {
    type: "text",
    role: "combobox",
    "aria-label": "Jump to a channel, a person or a time",
    "aria-expanded": "true",
    "aria-controls": "jump-list",
    "aria-autocomplete": "list",
    autocomplete: "off",
    placeholder: "A channel, a person or a time",
  });
  const none = h("p", { class: "none", role: "status" });
  const dialog = h("dialog", { class: "jump", "aria-label": "Jump" }, field, list, none, keysLine());
  const places = everything();
  let shown = [];
  let at = 0;
  const go = (place) => {
    dialog.close("gone");
    place.act();
  };
  const draw = () => {
    shown = places
      .map((place) => fitted(place, field.value))
      .filter(Boolean)
      .sort(byFit)
      .slice(0, MOST);
    at = 0;
    fill(
      list,
      shown.map((place, number) => row(place, number, go)),
    );
    list.hidden = !shown.length;
    none.textContent = shown.length ? "" : "Nothing of that name.";
    mark();
  };
  const mark = () => {
    [...list.children].forEach((node, number) => node.setAttribute("aria-selected", String(number === at)));
    if (shown.length) field.setAttribute("aria-activedescendant", `jump-${at}`);
    else field.removeAttribute("aria-activedescendant");
  };
  field.addEventListener("input", draw);
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length) at = (at + step + shown.length) % shown.length;
    else if (event.key === "Enter" && shown.length) go(shown[at]);
    else return;
    event.preventDefault();
    mark();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue !== "gone") before?.focus?.({ preventScroll: true });
  });
  document.body.append(dialog);
  draw();
  dialog.showModal();
  field.focus();
}

function keysLine() {
  const key = (...names) => names.flatMap((name) => [h("kbd", {}, name), " "]);
  return h(
    "p",
    { class: "keys", "aria-hidden": "true" },
    h("span", {}, key("↑", "↓"), "choose"),
    h("span", {}, key("Enter"), "goes"),
    h("span", {}, key("Esc"), "closes"),
  );
}

function everything() {
  const channels = store.state.channels.map((channel) => ({
    name: channel.direct ? botName() : channel.name,
    kind: channel.direct ? "direct messages" : "channel",
    sign: () =>
      channel.direct ? face(store.state.app.user_id, "tiny") : channel.private ? icons.lock() : "#",
    act: () => acts.open(channel.id),
  }));
  const people = store.state.people
    .filter((person) => person.switcher && !person.deleted)
    .map((person) => ({
      name: person.name,
      kind: person.id === store.state.me.id ? "you" : "person",
      sign: () => face(person.id, "tiny"),
      act: () => person.id !== store.state.me.id && acts.become(person.id),
    }));
  const times = store.state.clock.moving_to || !store.online ? [] : MOVE_WORDS.map(time);
  return [...times, ...channels, ...people];
}

const time = ([move, name]) => ({
  name,
  kind: "time",
  title: moveTarget(move),
  sign: () => icons.clock(),
  act: () => acts.move(move),
});

/** The place with the letters that fit, or nothing: at a word's beginning first, then anywhere. */
function fitted(place, typed) {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return { ...place, fit: 0, from: 0, to: 0 };
  const name = place.name.toLowerCase();
  const word = name.split(/(?<=[\s-])/).reduce(
    (at, part) => {
      if (at.found < 0 && name.startsWith(wanted, at.next)) at.found = at.next;
      at.next += part.length;
      return at;
    },
    { next: 0, found: -1 },
  ).found;
  const from = word >= 0 ? word : name.indexOf(wanted);
  return from < 0 ? null : { ...place, fit: word >= 0 ? 1 : 2, from, to: from + wanted.length };
}

const byFit = (one, other) => one.fit - other.fit;

function row(place, number, go) {
  const { name, from, to } = place;
  return h(
    "div",
    {
      class: "jump-row",
      role: "option",
      id: `jump-${number}`,
      title: place.title,
      "aria-selected": "false",
      onpointerdown: (event) => event.preventDefault(),
      onclick: () => go(place),
    },
    h("span", { class: "sign", "aria-hidden": "true" }, place.sign()),
    h("span", {}, name.slice(0, from), h("b", {}, name.slice(from, to)), name.slice(to)),
    " ",
    h("span", { class: "kind" }, place.kind),
  );
}
