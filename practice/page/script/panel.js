// The right panel: the wire or a thread, one at a time; it takes room and covers nothing where there is room.

import { fill } from "./dom.js";
import { opened } from "./layers.js";

const panel = document.getElementById("panel");
const below = document.getElementById("below");
let now = null;

/** Which panel is open, by name, or nothing. */
export const panelName = () => now?.name ?? null;

/** Opens a panel in the place of whatever was open. `onShut` hears of its end, `back` takes the focus. */
export function openPanel({ name, label, nodes, onShut = () => {}, back = () => {} }) {
  if (now) shutPanel(false);
  now = { name, onShut, back, forget: opened(() => shutPanel()) };
  panel.setAttribute("aria-label", label);
  panel.className = `panel ${name}-panel`;
  fill(panel, nodes);
  panel.hidden = false;
  below.classList.add("with-panel");
}

/** Shuts the panel; the focus goes back to where it came from. */
export function shutPanel(withFocus = true) {
  if (!now) return;
  const { onShut, back, forget } = now;
  now = null;
  forget();
  panel.hidden = true;
  fill(panel);
  below.classList.remove("with-panel");
  onShut();
  if (withFocus) back();
}
