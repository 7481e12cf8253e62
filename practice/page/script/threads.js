// Threads: the replies to a message, in the right panel, with a field of their own.

import { h, fill } from "./dom.js";
import { icons } from "./icons.js";
import { messageNode } from "./message.js";
import { openPanel, shutPanel, panelName } from "./panel.js";
import { store, channelOf, channelWords } from "./store.js";

let open = null;
let list;
let acts = {};

/** Prepares it once; `given` are press, dismiss and reply. */
export function prepareThreads(given) {
  acts = given;
}

/** Whether a message is a reply to another. */
export const isReply = (message) => Boolean(message.thread_ts && message.thread_ts !== message.ts);

/** The replies to a message, oldest first. */
export const repliesOf = (channel, { ts }) =>
  channel.messages.filter((one) => isReply(one) && one.thread_ts === ts);

/** Opens the thread of a message. */
export function openThread(message) {
  const channel = channelOf(message.channel);
  open = { channel: message.channel, ts: message.ts };
  list = h("div", { class: "thread-messages" });
  const back = () => document.querySelector(`#messages article[data-ts="${message.ts}"]`)?.focus();
  openPanel({
    name: "thread",
    label: "Thread",
    nodes: [head(channel), list, replyForm()],
    onShut: () => {
      open = null;
    },
    back,
  });
  drawThread();
  document.querySelector("#panel textarea").focus();
}

/** Draws the open thread anew, when there is one and its channel is the one that changed. */
export function drawThread(channelId) {
  if (panelName() !== "thread" || !open || (channelId && channelId !== open.channel)) return;
  const channel = channelOf(open.channel);
  const root = channel?.messages.find((one) => one.ts === open.ts);
  if (!root) return shutPanel();
  const replies = repliesOf(channel, root);
  const draw = (message) => messageNode(message, acts);
  const count = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  fill(list, draw(root), h("div", { class: "day", role: "separator" }, count), replies.map(draw));
  list.querySelectorAll("article").forEach((article) => article.setAttribute("tabindex", "0"));
  list.scrollTop = list.scrollHeight;
  return null;
}

function head(channel) {
  return h(
    "header",
    { class: "panel-head" },
    h("h2", {}, "Thread"),
    h("span", { class: "soft" }, channelWords(channel)),
    h(
      "button",
      { type: "button", class: "shut", "aria-label": "Close the thread", onclick: () => shutPanel() },
      icons.close(),
    ),
  );
}

function replyForm() {
  const field = h("textarea", { rows: "1", "aria-label": "Reply", placeholder: "Reply …" });
  const said = h("p", { class: "soft", "aria-live": "polite" });
  async function send(event) {
    event.preventDefault();
    const words = field.value.trim();
    if (!words || !store.online) return;
    if (words.startsWith("/")) {
      fill(said, "Commands work in the conversation, not in a thread. Your words are still here.");
      return;
    }
    field.value = "";
    const problem = await acts.reply(open.channel, open.ts, words);
    fill(said, problem);
    if (problem) field.value = words;
  }
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
  });
  const button = h("button", { type: "submit", class: "send" }, h("span", {}, "Send"), icons.right());
  return h(
    "form",
    { class: "composer reply", "aria-label": "Reply in the thread", onsubmit: send },
    h("div", { class: "box" }, field, button),
    said,
  );
}
