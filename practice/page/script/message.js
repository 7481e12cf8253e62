// One message: who wrote it and when, whether only you see it, and what it says.

import { h } from "./dom.js";
import { icons } from "./icons.js";
import { face } from "./faces.js";
import { timeWords } from "./dates.js";
import { drawBlocks } from "./blocks.js";
import { fileNodes } from "./files.js";
import { mrkdwn } from "./mrkdwn.js";
import { botName } from "./store.js";

/** An article for a message. `press`, `dismiss` and `thread` are told of what is pressed in it. */
export function messageNode(message, { press, dismiss, thread, replies = 0 }) {
  const writer = message.writer ?? { id: "", name: botName(), bot: true };
  const label = [writer.name, timeWords(message.at), message.ephemeral && "only visible to you"]
    .filter(Boolean)
    .join(", ");
  return h(
    "article",
    {
      class: ["message", message.ephemeral && "private", writer.bot && "from-bot"].filter(Boolean).join(" "),
      "data-ts": message.ts,
      "aria-label": label,
      tabindex: "-1",
    },
    message.ephemeral && onlyYou(message, dismiss),
    face(writer.id),
    h("div", { class: "byline" }, byline(message, writer)),
    h(
      "div",
      { class: "body" },
      content(message, press),
      fileNodes(message),
      replies > 0 && repliesButton(message, replies, thread),
    ),
    thread && !message.ephemeral && replyButton(message, thread),
  );
}

function content(message, press) {
  if (message.blocks?.length) return drawBlocks(message.blocks, (...pressed) => press(message, ...pressed));
  return h("div", { class: "block" }, mrkdwn(message.text ?? ""));
}

function byline(message, writer) {
  return [
    h("strong", {}, writer.name),
    writer.bot && h("span", { class: "app" }, "APP"),
    h("time", { datetime: message.at }, timeWords(message.at)),
    message.redrawn && h("span", { class: "redrawn" }, `redrawn ${timeWords(message.redrawn)}`),
  ];
}

const repliesButton = (message, count, thread) =>
  h(
    "button",
    { type: "button", class: "replies", onclick: () => thread(message) },
    icons.thread(),
    `${count} ${count === 1 ? "reply" : "replies"}`,
  );

const replyButton = (message, thread) =>
  h(
    "button",
    {
      type: "button",
      class: "button icon to-thread",
      "aria-label": "Reply in a thread",
      title: "Reply in a thread",
      onclick: () => thread(message),
    },
    icons.thread(),
  );

function onlyYou(message, dismiss) {
  const typed =
    message.typed &&
    h(
      "span",
      { class: "typed" },
      "· ",
      h("span", { class: "aside" }, "you typed "),
      h("code", { title: message.typed }, message.typed),
    );
  return h(
    "div",
    { class: "only-you" },
    icons.eye(),
    h("b", {}, "Only visible to you"),
    typed,
    h("button", { type: "button", class: "dismiss", onclick: () => dismiss(message) }, "Dismiss"),
  );
}
