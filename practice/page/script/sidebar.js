// The sidebar: channels and direct messages with what is new in them, and the person one is.

import { h, fill, arrowsMove } from "./dom.js";
import { icons } from "./icons.js";
import { face } from "./faces.js";
import { youButton } from "./switcher.js";
import { store, botName } from "./store.js";

const side = document.getElementById("side");
const you = document.getElementById("you");

/** Prepares the sidebar once. */
export function prepareSidebar() {
  arrowsMove(side, ".row");
}

/** Draws it; `open` opens a channel. */
export function drawSidebar(open) {
  const focused = document.activeElement?.dataset?.channel;
  const { team, channels } = store.state;
  const direct = channels.filter((channel) => channel.direct);
  const named = channels.filter((channel) => !channel.direct);
  fill(
    side,
    h("div", { class: "team" }, h("strong", {}, team.name), h("small", {}, team.note)),
    h(
      "div",
      { class: "rows" },
      h("h2", { id: "side-channels" }, "Channels"),
      rows(named, "side-channels", open),
      h("h2", { id: "side-direct" }, "Direct messages"),
      direct.length ? rows(direct, "side-direct", open) : h("p", { class: "none" }, "none"),
    ),
  );
  drawYou();
  if (focused) side.querySelector(`[data-channel="${focused}"]`)?.focus();
  drawTitle();
}

/** Draws who one is, unless the same person stands there already. */
function drawYou() {
  if (you.dataset.person === store.state.me.id) return;
  const held = you.contains(document.activeElement);
  you.dataset.person = store.state.me.id;
  fill(you, youButton());
  if (held) you.querySelector("button").focus();
}

function rows(channels, label, open) {
  return h(
    "ul",
    { "aria-labelledby": label, class: "plain" },
    channels.map((channel) => h("li", {}, row(channel, open))),
  );
}

function row(channel, open) {
  const current = channel.id === store.channelId;
  const sign = channel.direct ? face(store.state.app.user_id, "tiny") : channel.private ? icons.lock() : "#";
  const unread = channel.unread > 0 && !current;
  return h(
    "button",
    {
      type: "button",
      class: unread ? "row unread" : "row",
      "data-channel": channel.id,
      tabindex: current ? "0" : "-1",
      "aria-current": current ? "page" : null,
      onclick: () => open(channel.id),
    },
    h("span", { class: "sign", "aria-hidden": "true" }, sign),
    channel.private && h("span", { class: "aloud" }, "private "),
    h("span", { class: "label" }, channel.direct ? botName() : channel.name),
    channel.direct && h("span", { class: "app" }, "APP"),
    unread && h("span", { class: "badge" }, String(channel.unread), h("span", { class: "aloud" }, " new")),
  );
}

/** The window's title: how much is new, where one is. */
export function drawTitle() {
  const fresh = store.state.channels.reduce((sum, channel) => sum + channel.unread, 0);
  const channel = store.state.channels.find((one) => one.id === store.channelId);
  const name = channel?.direct ? botName() : (channel?.name ?? "");
  document.title = `${fresh ? `(${fresh}) ` : ""}${name} · Practice workspace`;
}
