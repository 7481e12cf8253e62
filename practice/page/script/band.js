// The band: the practice clock with its three moves, and how the bot stands.

import { h, fill } from "./dom.js";
import { icons, lampHouse } from "./icons.js";
import { dateWords, instantWords, timeWords, weekdayOf } from "./dates.js";
import { sayStatus } from "./heard.js";
import { store, practiceNow, botName } from "./store.js";

const band = document.getElementById("band");
const MOVES = [
  ["hour", "Forward 1 hour"],
  ["working_day", "Next working day"],
  ["monday", "To Monday 09:00"],
];
const STATUS = { connected: "Bot connected", starting: "Bot is starting", stopped: "Bot stopped" };
let acts = {};

/** Prepares the band once; `acts` are move and startBot. */
export function prepareBand(given) {
  acts = given;
  setInterval(() => {
    if (store.state && store.online) drawTime();
  }, 1000);
}

/** Draws the whole band. */
export function drawBand() {
  const focused = document.activeElement?.dataset?.move;
  band.classList.toggle("ended", !store.online);
  fill(band, name(), store.state && [clock(), bot()]);
  if (focused) (band.querySelector(`[data-move="${focused}"]`) ?? band.querySelector(".clock")).focus?.();
  if (store.state) {
    drawTime();
    sayStatus(statusSentence());
  }
}

const name = () =>
  h(
    "div",
    { class: "name" },
    lampHouse(32),
    h("span", {}, h("strong", {}, "Practice workspace"), h("small", {}, "Nothing leaves this machine")),
  );

function clock() {
  const moving = store.state.clock.moving_to;
  if (moving && store.online) {
    return [
      h(
        "div",
        { class: "clock" },
        icons.clock(),
        h(
          "span",
          {},
          "Moving to ",
          h("b", {}, instantWords(moving)),
          ` … ${botName()} is starting at the new time`,
        ),
      ),
      h("div", { class: "running" }),
    ];
  }
  return [
    h("div", { class: "clock" }, icons.clock(), h("span", { id: "practice-time" })),
    store.online && h("div", { class: "moves" }, MOVES.map(moveButton)),
  ];
}

function moveButton([move, words]) {
  return h("button", { type: "button", "data-move": move, onclick: () => acts.move(move) }, words);
}

function targetOf(move) {
  return move === "hour" ? practiceNow() + 3600_000 : store.state.clock.targets[move];
}

function drawTime() {
  const now = practiceNow();
  const place = document.getElementById("practice-time");
  if (place)
    fill(
      place,
      h("span", { class: "weekday" }, `${weekdayOf(now)} `),
      `${dateWords(now)}, `,
      h("b", {}, timeWords(now)),
    );
  for (const [move, words] of MOVES) {
    const button = band.querySelector(`[data-move="${move}"]`);
    const to = instantWords(targetOf(move));
    button?.setAttribute("title", `To ${to}`);
    button?.setAttribute("aria-label", `${words}: ${to}`);
  }
}

function bot() {
  const { status, managed, gave_up: gaveUp } = store.state.bot;
  const words = store.online ? STATUS[status] : "Not connected";
  const sign = store.online
    ? { connected: icons.connected, starting: icons.starting, stopped: icons.stopped }[status]
    : icons.stopped;
  const why = gaveUp ? `${botName()} stopped three times while starting; the terminal says why` : null;
  const startable = store.online && managed && status === "stopped" && !store.state.clock.moving_to;
  return h(
    "div",
    { class: "bot" },
    h("span", { class: "status", title: why }, sign(), words),
    startable && h("button", { type: "button", onclick: () => acts.startBot() }, "Start the bot"),
  );
}

function statusSentence() {
  if (!store.online) return "The practice workspace has stopped.";
  const moving = store.state.clock.moving_to;
  return moving ? `Moving to ${instantWords(moving)}` : STATUS[store.state.bot.status];
}
