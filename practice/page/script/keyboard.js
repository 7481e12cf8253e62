// The page's keys: F6 from region to region, Alt and arrows from channel to channel, Ctrl or Cmd K, and Esc.

import { closeLast } from "./layers.js";
import { jump } from "./jump.js";
import { closeNotice } from "./notice.js";
import { store } from "./store.js";

const REGIONS = [
  ["#band", "#band button"],
  ["#sidebar", "#side .row[tabindex='0']"],
  ["#you", "#you > button"],
  ["#channel-head", "#channel-head button"],
  ["#messages", "#messages article[tabindex='0']"],
  [".notice", ".notice button"],
  [".tour", ".tour button.lamp"],
  ["#composer", "#composer textarea"],
  ["#panel", "#panel button, #panel textarea"],
];

/** Listens to the keys; `openChannel` opens a channel by id. */
export function prepareKeyboard(openChannel) {
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("conversation").focus();
  });
  document.addEventListener("keydown", (event) => store.state && pressed(event, openChannel));
}

function pressed(event, openChannel) {
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "F6") nextRegion(event.shiftKey ? -1 : 1);
  else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") jump();
  else if (event.altKey && step) nextChannel(step, openChannel);
  else if (event.key === "Escape" && (closeLast() || closeNotice())) event.stopPropagation();
  else return;
  event.preventDefault();
}

const seen = (node) => node && node.getClientRects().length > 0;

function nextRegion(step) {
  const there = REGIONS.map(([region, target]) => ({
    region: document.querySelector(region),
    target: [...document.querySelectorAll(target)].find(seen),
  })).filter(({ region, target }) => region && target);
  const here = document.activeElement;
  const inside = there.filter(({ region }) => region.contains(here));
  const at = there.indexOf(inside.at(-1));
  const next = at < 0 && step < 0 ? there.length - 1 : (at + step + there.length) % there.length;
  there[next]?.target.focus();
}

function nextChannel(step, openChannel) {
  const ids = store.state.channels.map((channel) => channel.id);
  const next = ids[ids.indexOf(store.channelId) + step];
  if (next) openChannel(next);
}
