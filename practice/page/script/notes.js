// The page's own notes, with a bar at their left so that nobody takes them for the bot.

import { h } from "./dom.js";
import { icons } from "./icons.js";
import { store, botName } from "./store.js";

/** A note; a failure has a red bar and is read out at once. */
export function note(content, { failed = false } = {}) {
  const kind = failed ? "note failed" : "note";
  return h(
    "div",
    { class: kind, role: failed ? "alert" : "note" },
    failed ? icons.warning() : icons.info(),
    h("div", {}, content),
  );
}

/** What to say when the bot gave no answer; `start` starts it again. */
export function noAnswer(error, start) {
  if (error === "not_running") return notRunning(start);
  if (error === "gone")
    return note([h("strong", {}, "Not sent."), " The practice workspace has stopped; your words are kept."], {
      failed: true,
    });
  if (error === "no_response" && store.state.bot.status !== "connected") return notRunning(start);
  if (error === "no_response") {
    return note(
      [
        h("strong", {}, `${botName()} did not respond within 3 seconds.`),
        " It is running; look how things stand before you send it again.",
      ],
      { failed: true },
    );
  }
  return note(
    [
      h("strong", {}, `${botName()} answered, but the chat refused to show it`),
      `: ${error}. The terminal may say more.`,
    ],
    { failed: true },
  );
}

/** The bot is not there: what to do about it. */
export function notRunning(start) {
  const { managed, status } = store.state.bot;
  if (status === "starting")
    return note([h("strong", {}, `${botName()} is still starting.`), " Try again in a moment."], {
      failed: true,
    });
  if (!managed)
    return note([h("strong", {}, `${botName()} did not respond.`), " It is not connected."], {
      failed: true,
    });
  const often = store.state.bot.gave_up;
  return note(
    [
      h(
        "strong",
        {},
        often ? `${botName()} stopped three times while starting.` : `${botName()} did not respond.`,
      ),
      often
        ? " The terminal says why. When that is mended, press "
        : " It is not running; start it again with ",
      h("strong", {}, "Start the bot"),
      often ? "." : ". What was saved is kept. If it stops again, the terminal says why.",
      h("div", {}, h("button", { type: "button", class: "button primary", onclick: start }, "Start the bot")),
    ],
    { failed: true },
  );
}
