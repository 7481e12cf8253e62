// A box of choices: beside its opener where there is room, as a sheet from below on a phone.

import { h, arrowsMove, focusOne } from "./dom.js";
import { icons } from "./icons.js";
import { opened } from "./layers.js";
import { isPhone, onWidth } from "./widths.js";

let shutOpen = null;

/** Shuts the box that is open; the focus goes back to its opener if wanted. */
export const shutBox = (back = false) => shutOpen?.(back);

/**
 * Opens a box. `opener` finds the button it belongs to, `rows` are its choices, `selector` finds them,
 * `first` is the one that gets the focus, `side` is "above" or "below" the opener.
 */
export function openBox({ name, title, words, rows, selector, first = 0, foot, side, opener }) {
  shutBox();
  const menu = h("div", { class: "rows", role: "menu", "aria-labelledby": "box-title" }, rows);
  arrowsMove(menu, selector);
  const parts = [head(title, words), menu, foot && h("footer", {}, foot)];
  const box = isPhone() ? sheet(name, parts) : popup(name, parts, opener(), side);
  opener()?.setAttribute("aria-expanded", "true");
  const forget = opened(() => shut(true));
  const outside = (event) => {
    if (box.tagName !== "DIALOG" && !box.contains(event.target) && !opener()?.contains(event.target))
      shut(false);
  };
  function shut(back) {
    if (shutOpen !== shut) return;
    shutOpen = null;
    forget();
    document.removeEventListener("pointerdown", outside);
    box.close?.();
    box.remove();
    opener()?.setAttribute("aria-expanded", "false");
    if (back) opener()?.focus({ preventScroll: true });
  }
  shutOpen = shut;
  document.addEventListener("pointerdown", outside);
  box.addEventListener("keydown", (event) => event.key === "Tab" && box.tagName !== "DIALOG" && shut(false));
  focusOne([...menu.querySelectorAll(selector)], first);
  return box;
}

function head(title, words) {
  return h(
    "header",
    {},
    h("h2", { id: "box-title" }, title),
    h(
      "button",
      { type: "button", class: "shut", "aria-label": "Close", onclick: () => shutBox(true) },
      icons.close(),
    ),
    words && h("p", {}, words),
  );
}

function popup(name, parts, opener, side) {
  const box = h("div", { class: `popup ${name}` }, parts);
  document.body.append(box);
  const at = opener.getBoundingClientRect();
  const left = Math.min(at.left, innerWidth - box.offsetWidth - 8);
  box.style.left = `${Math.max(8, left)}px`;
  if (side === "above") box.style.bottom = `${innerHeight - at.top + 8}px`;
  else box.style.top = `${at.bottom + 8}px`;
  return box;
}

function sheet(name, parts) {
  const box = h(
    "dialog",
    { class: `popup sheet ${name}`, "aria-labelledby": "box-title" },
    h("span", { class: "grip", "aria-hidden": "true" }),
    parts,
  );
  box.addEventListener("cancel", (event) => {
    event.preventDefault();
    shutBox(true);
  });
  box.addEventListener("click", (event) => event.target === box && shutBox(true));
  document.body.append(box);
  box.showModal();
  return box;
}

onWidth(() => shutBox());
