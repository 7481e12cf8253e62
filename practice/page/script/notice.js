// The petrol notice after the clock has moved: what came, or where something came that one may not see.

import { h, fill } from "./dom.js";
import { instantWords } from "./dates.js";
import { botName, store } from "./store.js";

const place = document.getElementById("notice");
let goal; // the channel that the notice leads to

/** Says what came after a move. `acts` are open (a channel) and become (a person, a channel). */
export function showArrivals({ now, arrived: all }, acts) {
  // one's own first, then channels, then what went to others directly
  const arrived = [...all].sort((a, b) => b.in - a.in || a.direct - b.direct);
  const sentences = arrived.length ? arrived.slice(0, 3).map(sentence) : ["No message arrived."];
  if (arrived.length > 3) sentences.push(`And in ${arrived.length - 3} more conversations.`);
  goal = arrived.find((one) => one.in && one.channel !== store.channelId)?.channel;
  show(
    [h("strong", {}, `It is ${instantWords(now)}.`), sentences.map((words) => h("div", {}, words))],
    buttons(arrived, acts),
  );
}

const counted = (count) => `${count} ${count === 1 ? "message" : "messages"}`;

function sentence(arrival) {
  const wrote = `${botName()} wrote ${counted(arrival.count)}`;
  if (arrival.direct) return arrival.in ? `${wrote} to you.` : `${wrote} to ${arrival.name}.`;
  if (arrival.in) return `${wrote} in ${arrival.name}.`;
  const who = arrival.see_as ? `; ${arrival.see_as.name} is` : "";
  return `${wrote} in ${arrival.name}. You are not in that channel${who}.`;
}

function buttons(arrived, acts) {
  const mine = arrived.find((one) => one.channel === goal);
  const theirs = arrived.find((one) => !one.in && one.see_as);
  const go =
    mine &&
    h(
      "button",
      {
        type: "button",
        class: "lamp",
        onclick: () => {
          closeNotice();
          acts.open(mine.channel);
        },
      },
      mine.direct ? "Go to the message" : `Go to ${mine.name}`,
    );
  const see =
    theirs &&
    h(
      "button",
      {
        type: "button",
        class: go ? "" : "lamp",
        onclick: () => {
          closeNotice();
          acts.become(theirs.see_as.id, theirs.channel);
        },
      },
      `See it as ${theirs.see_as.name}`,
    );
  return [go, see, h("button", { type: "button", onclick: closeNotice }, "Close")];
}

/** Whoever has come to where the notice leads needs it no longer. */
export function arrivedIn(channelId) {
  if (channelId === goal) closeNotice();
}

function show(content, actions) {
  fill(
    place,
    h(
      "section",
      { class: "notice", "aria-label": "After the clock moved", role: "status" },
      content,
      h("div", { class: "buttons" }, actions),
    ),
  );
}

/** Takes the notice away; says whether there was one. */
export function closeNotice() {
  const there = place.childElementCount > 0;
  const held = place.contains(document.activeElement);
  fill(place);
  if (held) document.querySelector("#composer textarea")?.focus();
  return there;
}
