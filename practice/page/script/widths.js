// The three widths the page knows: a phone, something between, and a desk.

const phone = matchMedia("(max-width: 699.98px)");
const desk = matchMedia("(min-width: 1280px)");

/** One column. */
export const isPhone = () => phone.matches;
/** Room for everything. */
export const isDesk = () => desk.matches;

/** Calls when the page has become a phone, or no phone any more, or wide enough for all. */
export function onWidth(act) {
  phone.addEventListener("change", act);
  desk.addEventListener("change", act);
}
