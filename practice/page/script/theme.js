// Light or dark: the system decides until the button does, and the button is remembered.

import { remember } from "./remembered.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

/** Whether the page is dark now. */
export const isDark = () => (root.dataset.look ? root.dataset.look === "dark" : system.matches);

/** The other look, in a word for a button. */
export const otherLook = () => (isDark() ? "Light" : "Dark");

/** Changes to the other look and remembers it. */
export function changeLook() {
  root.dataset.look = isDark() ? "light" : "dark";
  remember("look", root.dataset.look);
}

/** Calls when the system changes its mind. */
export const onSystemLook = (act) => system.addEventListener("change", act);
