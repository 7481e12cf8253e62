// The head of the conversation: where one is, who else is there; on a phone also the way back and who one is.

import { h, fill } from "./dom.js";
import { icons } from "./icons.js";
import { face } from "./faces.js";
import { store, openChannel, botName } from "./store.js";
import { showList } from "./column.js";
import { youButton } from "./switcher.js";
import { isPhone } from "./widths.js";

/** Draws the head of the open channel. */
export function drawHead() {
  const channel = openChannel();
  document
    .getElementById("conversation")
    .setAttribute("aria-label", channel.direct ? botName() : channel.name);
  const head = document.getElementById("channel-head");
  fill(head, isPhone() ? phoneHead(channel) : deskHead(channel));
}

function channelName(channel) {
  if (channel.direct) return [face(store.state.app.user_id, "tiny"), h("span", {}, botName())];
  return channel.private ? [icons.lock(), h("span", {}, channel.name)] : h("span", {}, `# ${channel.name}`);
}

function deskHead(channel) {
  const people = `${channel.people} ${channel.people === 1 ? "person" : "people"}`;
  const who = channel.direct
    ? `Only you and ${botName()}`
    : channel.bot
      ? `${people} and ${botName()}`
      : people;
  const topic = channel.direct ? store.state.app.about : channel.topic;
  return [
    h("h1", {}, channelName(channel)),
    h("span", { class: "topic" }, topic),
    h("span", { class: "who" }, who),
  ];
}

const phoneHead = (channel) => [
  h(
    "button",
    { type: "button", class: "back", "aria-label": "Back to the channels", onclick: showList },
    icons.back(),
  ),
  h(
    "div",
    { class: "names" },
    h("h1", {}, channelName(channel)),
    h("span", { class: "topic" }, store.state.team.name),
  ),
  h("div", { class: "you short" }, youButton({ short: true })),
];
