// The field in which one writes, and its hint line.

import { h, fill } from "./dom.js";
import { icons } from "./icons.js";
import { store, openChannel, channelWords, waitingForBot, botName } from "./store.js";

const form = document.getElementById("composer");
let field;
let sendButton;
let hints;
let last = "";
let hintOverride = "";

/** Draws the field once; `send` is given the words; what it returns is said when they come back. */
export function prepareComposer(send) {
  field = h("textarea", {
    rows: "1",
    "aria-describedby": "composer-hints",
    spellcheck: "true",
    autocomplete: "off",
  });
  sendButton = h("button", { type: "submit", class: "send" }, "Send", icons.right());
  hints = h("div", { class: "hints", id: "composer-hints" });
  form.append(h("div", { class: "box" }, field, sendButton), hints);
  field.addEventListener("input", () => {
    hintOverride = "";
    shape();
  });
  field.addEventListener("keydown", (event) => keys(event));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(send);
  });
}

function keys(event) {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "ArrowUp" && field.value === "" && last) {
    event.preventDefault();
    setWords(last);
  }
}

async function submit(send) {
  const words = field.value.trim();
  if (!words || waitingForBot() || !store.online) return;
  last = words;
  setWords("");
  const waiting = setTimeout(() => {
    hintOverride = `Waiting for ${botName()} …`;
    drawHints();
  }, 400);
  const cameBack = await send(words);
  clearTimeout(waiting);
  hintOverride = "";
  if (cameBack && field.value === "") {
    setWords(words);
    hintOverride = cameBack;
  }
  drawHints();
}

/** Puts words into the field. */
export function setWords(words) {
  field.value = words;
  field.setSelectionRange(words.length, words.length);
  shape();
}

/** Gives the field the focus. */
export const focusComposer = () => field.focus();

/** Forgets what was said below the field. */
export function drawComposer() {
  const channel = openChannel();
  if (!channel) return;
  const name = channelWords(channel);
  form.setAttribute(
    "aria-label",
    `Message to ${channel.name === "directmessage" ? botName() : channel.name}`,
  );
  field.placeholder = channel.direct
    ? `A command to ${name}, such as ${store.state.app.commands[0]}`
    : `Message ${name}, or / for a command`;
  field.setAttribute("aria-label", field.placeholder);
  shape();
}

function shape() {
  field.classList.toggle("command", field.value.startsWith("/"));
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 154)}px`;
  const waits = waitingForBot() || !store.online;
  sendButton.classList.toggle("ready", field.value.trim() !== "" && !waits);
  sendButton.setAttribute("aria-disabled", String(waits));
  drawHints();
}

function drawHints() {
  const key = (name, does) => h("span", {}, h("kbd", {}, name), ` ${does}`);
  if (!store.online) fill(hints, "Send waits until the practice workspace is back. Your words are kept.");
  else if (waitingForBot())
    fill(hints, `Send waits until ${botName()} is back, in a few seconds. Your words are kept.`);
  else if (hintOverride) fill(hints, hintOverride);
  else fill(hints, key("Enter", "sends"), key("/", "commands"), key("↑", "your last words"));
}
