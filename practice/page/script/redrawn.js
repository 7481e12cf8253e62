// Marks what has changed in a message that was redrawn where it stood.

const LINES = ".body .line, .body h3";

/** Tints the lines of the new message that the old one did not have, unless it has become quite another. */
export function markChanges(before, after) {
  const old = new Set(linesOf(before).map((line) => line.textContent));
  const lines = linesOf(after);
  const changed = lines.filter((line) => line.textContent.trim() && !old.has(line.textContent));
  if (changed.length <= lines.length * 0.6) changed.forEach((line) => line.classList.add("changed"));
}

/** Takes all the marks away. */
export function clearMarks(root) {
  root.querySelectorAll(".changed").forEach((line) => line.classList.remove("changed"));
}

const linesOf = (node) => [...node.querySelectorAll(LINES)].filter((line) => !line.closest(".context"));
