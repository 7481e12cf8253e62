// Builds DOM nodes; the only way in which this page puts anything on the screen.

/** An element with attributes and children. Text is always text, never markup. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  append(node, children);
  return node;
}

function set(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "value" || name === "checked") node[name] = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** Adds children: nodes, strings, lists of both; nothing for null and false. */
export function append(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

/** Puts these children in the place of all that was there. */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
}

/** Moves the focus with the arrow keys among the items of a list that is one Tab stop. */
export function arrowsMove(list, selector) {
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step && event.key !== "Home" && event.key !== "End") return;
    const items = [...list.querySelectorAll(selector)];
    const at = items.indexOf(document.activeElement);
    if (at < 0 || event.altKey) return;
    event.preventDefault();
    const next = event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : at + step;
    focusOne(items, Math.max(0, Math.min(items.length - 1, next)));
  });
}

/** Makes one of the items the Tab stop of them all and gives it the focus. */
export function focusOne(items, index) {
  items.forEach((item, number) => item.setAttribute("tabindex", number === index ? "0" : "-1"));
  items[index]?.focus();
}
