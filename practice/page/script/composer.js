// The field in which one writes, and its hint line.

import { h, fill } from "./dom.js";
import { icons } from "./icons.js";
import { store, openChannel, channelWords, waitingForBot, botName } from "./store.js";
import {
  prepareSuggestions,
  suggest,
  suggesting,
  suggestionKey,
  chosenWords,
  shutSuggestions,
} from "./suggestions.js";
import { isPhone } from "./widths.js";

const form = document.getElementById("composer");
const HIGHEST = 154;
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
  sendButton = h("button", { type: "submit", class: "send" }, h("span", {}, "Send"), icons.right());
  hints = h("div", { class: "hints", id: "composer-hints" });
  const place = h("div", { class: "suggestions" });
  form.append(place, h("div", { class: "box" }, field, sendButton), hints);
  prepareSuggestions(field, place, shape);
  field.addEventListener("input", () => {
    hintOverride = "";
    shape();
    suggest();
  });
  field.addEventListener("keydown", (event) => keys(event));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(send);
  });
}

function keys(event) {
  if (suggestionKey(event)) return;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "ArrowUp" && !event.altKey && field.value === "" && last) {
    event.preventDefault();
    setWords(last);
  }
}

async function submit(send) {
  const words = (chosenWords() ?? field.value).trim();
  if (!words || sendWaits()) return;
  last = words;
  setWords("");
  const waiting = setTimeout(() => {
    hintOverride = `Waiting for ${store.state ? botName() : "the practice workspace"} …`;
    drawHints();
  }, 400);
  const cameBack = await send(words);
  clearTimeout(waiting);
  hintOverride = "";
  if (cameBack && field.value !== "") hintOverride = `Not sent: ${words}`;
  else if (cameBack) {
    setWords(words);
    hintOverride = cameBack;
  }
  drawHints();
}

/** Puts words into the field. */
export function setWords(words) {
  field.value = words;
  field.setSelectionRange(words.length, words.length);
  shutSuggestions();
  shape();
}

/** Types words for a person: they stand in the field as if typed, and wait to be sent. */
export function typeFor(words) {
  setWords(words);
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Gives the field the focus. */
export const focusComposer = () => field.focus();

/** Draws the field for the open channel. */
export function drawComposer() {
  const channel = openChannel();
  if (!channel) return;
  const name = channelWords(channel);
  form.setAttribute("aria-label", `Message to ${channel.direct ? botName() : channel.name}`);
  field.placeholder = `Message ${name}, or /${isPhone() ? "" : " for a command"}`;
  field.setAttribute("aria-label", `Message ${name}, or / for a command`);
  shape();
}

function shape() {
  field.classList.toggle("command", field.value.startsWith("/"));
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, HIGHEST)}px`;
  const waits = sendWaits();
  sendButton.classList.toggle("ready", field.value.trim() !== "" && !waits);
  sendButton.setAttribute("aria-disabled", String(waits));
  drawHints();
}

/** Whether nothing can be sent: words sent before the workspace has first arrived go when it has. */
const sendWaits = () => waitingForBot() || isGone();
const isGone = () => store.state !== null && !store.online;

const COMMAND_KEY = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ K" : "Ctrl K";

function drawHints() {
  const key = (name, does) => h("span", {}, h("kbd", {}, name), ` ${does}`);
  form.classList.toggle("suggesting", suggesting());
  hints.classList.toggle("passing", true);
  if (isGone()) fill(hints, "Send waits until the practice workspace is back. Your words are kept.");
  else if (waitingForBot())
    fill(hints, `Send waits until ${botName()} is back, in a few seconds. Your words are kept.`);
  else if (hintOverride) fill(hints, hintOverride);
  else {
    hints.classList.toggle("passing", false);
    const jump = ["jump", h("span", { class: "where" }, " to a channel, a person or a time")];
    fill(
      hints,
      key("Enter", "sends"),
      key("/", "commands"),
      h("span", {}, h("kbd", {}, COMMAND_KEY), " ", jump),
    );
  }
}
