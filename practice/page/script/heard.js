// The two quiet live regions: what was said, and how clock and bot stand.

/** Reads a new message's first line to whoever listens. */
export function sayNewMessage(message) {
  const first = (message.text ?? "").split("\n")[0].replace(/[*_`]/g, "");
  const where = message.ephemeral ? ", only visible to you" : "";
  document.getElementById("said").textContent = `${message.writer?.name ?? ""}${where}: ${first}`;
}

/** Reads how clock and bot stand; the same sentence twice is read once. */
export function sayStatus(sentence) {
  const region = document.getElementById("status-said");
  if (region.textContent !== sentence) region.textContent = sentence;
}
