// What the page remembers on this machine between two visits: the look, and how far the tour went.

/** What was kept under a name, or nothing. */
export function remembered(name) {
  try {
    return localStorage.getItem(`practice.${name}`);
  } catch {
    return null;
  }
}

/** Keeps words under a name; where nothing can be kept, the page works all the same. */
export function remember(name, words) {
  try {
    localStorage.setItem(`practice.${name}`, words);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}
