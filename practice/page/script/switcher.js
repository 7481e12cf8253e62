// Being somebody else: the button that says who one is, and the people one can be.

import { h } from "./dom.js";
import { icons } from "./icons.js";
import { face } from "./faces.js";
import { openBox, shutBox } from "./box.js";
import { store } from "./store.js";

let become = () => {};

/** Prepares it once; `act` makes one another person. */
export function prepareSwitcher(act) {
  become = act;
}

/** The button that says who one is and opens the list; a short one stands in a phone's header. */
export function youButton({ short = false } = {}) {
  const { me } = store.state;
  return h(
    "button",
    {
      type: "button",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-label": short ? `You are ${me.name}, ${me.role}` : null,
      onclick: () => (document.querySelector(".popup.switcher") ? shutBox(true) : openSwitcher()),
    },
    face(me.id, "small"),
    !short && h("span", {}, h("small", {}, "You are"), h("strong", {}, me.name), h("small", {}, me.role)),
    short ? icons.down() : icons.up(),
  );
}

/** The button wherever it stands at this width. */
export const youOpener = () =>
  [...document.querySelectorAll(".you > button")].find((node) => node.offsetParent !== null);

/** Opens the list with the focus on a person: oneself, or the one named. */
export function openSwitcher(personId = store.state.me.id) {
  const people = store.state.people.filter((person) => person.switcher && !person.deleted);
  openBox({
    name: "switcher",
    title: "Be somebody else",
    words: "The page shows what that person would see, and nothing more.",
    rows: people.map(option),
    selector: ".person",
    first: Math.max(
      0,
      people.findIndex((person) => person.id === personId),
    ),
    foot: [
      h("span", {}, h("kbd", {}, "↑"), " ", h("kbd", {}, "↓"), " choose"),
      h("span", {}, h("kbd", {}, "Enter"), " becomes"),
      h("span", {}, h("kbd", {}, "Esc"), " closes"),
    ],
    side: "above",
    opener: youOpener,
  });
}

function option(person) {
  const you = person.id === store.state.me.id;
  return h(
    "button",
    {
      type: "button",
      class: "person",
      role: "menuitemradio",
      "aria-checked": String(you),
      "data-person": person.id,
      tabindex: "-1",
      onclick: () => {
        shutBox(true);
        if (!you) become(person.id);
      },
    },
    face(person.id, "small"),
    h(
      "span",
      {},
      h("strong", {}, person.name),
      h("span", { class: "role" }, ` · ${person.role}`),
      h("span", { class: "line" }, person.line),
    ),
    you && h("span", { class: "is-you" }, icons.check(), "you"),
  );
}
