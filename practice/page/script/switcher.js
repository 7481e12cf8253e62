// Being somebody else: who one is, at the foot of the sidebar, and the list it opens.

import { h, arrowsMove, focusOne } from "./dom.js";
import { icons } from "./icons.js";
import { face } from "./faces.js";
import { store } from "./store.js";

/** The button that says who one is and opens the list. */
export function youNode(become) {
  const { me } = store.state;
  const opener = h(
    "button",
    { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => toggle() },
    face(me.id, "small"),
    h("span", {}, h("small", {}, "You are"), h("strong", {}, me.name), h("small", {}, me.role)),
    icons.up(),
  );
  const place = h("div", { class: "you" }, opener);
  const outside = (event) => {
    if (!place.contains(event.target)) shut(false);
  };
  function shut(back) {
    place.querySelector(".switcher")?.remove();
    delete place.dataset.open;
    opener.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    if (back) opener.focus();
  }
  function toggle() {
    if (place.dataset.open) return shut(true);
    place.dataset.open = "yes";
    opener.setAttribute("aria-expanded", "true");
    const list = switcher((person) => {
      shut(true);
      if (person !== store.state.me.id) become(person);
    });
    list.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        shut(true);
      }
      if (event.key === "Tab") shut(false);
    });
    place.append(list);
    document.addEventListener("pointerdown", outside);
    const items = [...list.querySelectorAll(".person")];
    return focusOne(
      items,
      Math.max(
        0,
        items.findIndex((item) => item.getAttribute("aria-checked") === "true"),
      ),
    );
  }
  return place;
}

function switcher(choose) {
  const people = store.state.people.filter((person) => person.switcher && !person.deleted);
  const menu = h(
    "div",
    {
      class: "people",
      role: "menu",
      "aria-labelledby": "switcher-title",
      "aria-describedby": "switcher-words",
    },
    people.map((person) => option(person, choose)),
  );
  arrowsMove(menu, ".person");
  const key = (name, does) => h("span", {}, h("kbd", {}, name), ` ${does}`);
  return h(
    "div",
    { class: "switcher" },
    h(
      "header",
      {},
      h("h2", { id: "switcher-title" }, "Be somebody else"),
      h("p", { id: "switcher-words" }, "The page shows what that person would see, and nothing more."),
    ),
    menu,
    h(
      "footer",
      {},
      h("span", {}, h("kbd", {}, "↑"), " ", h("kbd", {}, "↓"), " choose"),
      key("Enter", "becomes"),
      key("Esc", "closes"),
    ),
  );
}

function option(person, choose) {
  const you = person.id === store.state.me.id;
  return h(
    "button",
    {
      type: "button",
      class: "person",
      role: "menuitemradio",
      "aria-checked": String(you),
      tabindex: "-1",
      onclick: () => choose(person.id),
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
