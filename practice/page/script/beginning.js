// The beginning of a conversation: what belongs here, and three things to press for whoever does not know what to type.

import { h } from "./dom.js";
import { icons } from "./icons.js";
import { face } from "./faces.js";
import { store } from "./store.js";

/** What stands above the first message; `say` says one of the three things. */
export const beginning = (channel, say) =>
  channel.direct ? directBeginning(channel, say) : channelBeginning(channel, say);

const NUMBERS = [
  "nobody",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
];

function channelBeginning(channel, say) {
  if (store.state.me.guest)
    return h(
      "div",
      { class: "beginning" },
      h("h2", {}, `# ${channel.name}`),
      h("p", {}, "This is the start of the channel. You are a guest in it."),
      tries(say),
    );
  const others = channel.people - 1;
  const who = others === 1 ? "one other person" : `${NUMBERS[others] ?? others} other people`;
  const team = store.state.team.short_name ?? store.state.team.name;
  return h(
    "div",
    { class: "beginning" },
    h("h2", {}, channel.private ? [icons.lock(), channel.name] : `# ${channel.name}`),
    h(
      "p",
      {},
      `This is the start of the ${channel.private ? "private " : ""}channel. You and ${who} of ${team} ${channel.purpose}`,
    ),
    h(
      "p",
      { class: "soft" },
      "All names, reports and dates are invented. Nothing you type leaves this machine.",
    ),
    tries(say),
  );
}

/** Three things to press for whoever does not know what to type. */
function tries(say, words = store.state.app.try ?? []) {
  return h(
    "div",
    { class: "tries" },
    words.map((one) => h("button", { type: "button", class: "button", onclick: () => say(one) }, one)),
  );
}

function directBeginning(channel, say) {
  const { app } = store.state;
  const [command] = app.commands;
  const words = (app.try ?? []).map((say) => say.replace(command, "").trim() || "mine");
  return h(
    "div",
    { class: "beginning" },
    h(
      "div",
      { class: "who" },
      face(app.user_id),
      h(
        "span",
        {},
        h("h2", {}, app.name, h("span", { class: "app" }, "APP")),
        h("span", { class: "soft" }, app.about),
      ),
    ),
    h(
      "p",
      {},
      channel.messages.length ? "" : "Nothing said yet. ",
      "Write here what you would write after ",
      h("code", {}, command),
      ", for example:",
    ),
    tries(say, words),
    h("p", { class: "soft" }, `Only you and ${app.name} see this conversation.`),
  );
}
