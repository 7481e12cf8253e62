// What lies open above the page, in the order in which it opened: Esc closes the last of it.

const open = [];

/** Notes that something has opened; the function returned notes that it has closed. */
export function opened(close) {
  const layer = { close };
  open.push(layer);
  return () => {
    const at = open.indexOf(layer);
    if (at >= 0) open.splice(at, 1);
  };
}

/** Closes what opened last; says whether there was anything. */
export function closeLast() {
  const layer = open.at(-1);
  layer?.close();
  return Boolean(layer);
}
