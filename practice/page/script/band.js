// The band: the practice clock and its moves, how the bot stands, and the page's own three buttons.

import { h, fill } from "./dom.js";
import { icons, lampHouse } from "./icons.js";
import { dateWords, instantWords, shortInstant, timeWords, weekdayOf } from "./dates.js";
import { sayStatus } from "./heard.js";
import { openBox, shutBox } from "./box.js";
import { store, practiceNow, botName } from "./store.js";
import { changeLook, isDark, otherLook, onSystemLook } from "./theme.js";
import { isDesk, isPhone } from "./widths.js";

const band = document.getElementById("band");
const MOVES = [
  ["hour", "Forward 1 hour"],
  ["working_day", "Next working day"],
  ["monday", "To Monday 09:00"],
];
const STATUS = {
  connected: ["Bot connected", "Connected"],
  starting: ["Bot is starting", "Starting"],
  stopped: ["Bot stopped", "Stopped"],
};
let acts = {};

/** Prepares the band once; `acts` are move, startBot, wire, wireOpen and tour. */
export function prepareBand(given) {
  acts = given;
  onSystemLook(drawBand);
  setInterval(() => {
    if (store.state && store.online) drawTime();
  }, 1000);
}

/** The clock's moves by name and words. */
export const MOVE_WORDS = MOVES;

/** Where a move would lead, in words. */
export const moveTarget = (move) => instantWords(targetOf(move));

/** Draws the whole band; what has the focus keeps it. */
export function drawBand() {
  const focused = document.activeElement?.closest?.("#band [data-key]")?.dataset.key;
  band.classList.toggle("ended", !store.online);
  band.classList.toggle("tight", Boolean(store.state && startable()));
  fill(band, !isPhone() && name(), store.state && [clock(), bot(), tools()]);
  if (focused) (button(focused) ?? band.querySelector("button"))?.focus();
  if (store.state) {
    drawTime();
    sayStatus(statusSentence());
  }
}

const button = (key) => band.querySelector(`[data-key="${key}"]`);

const name = () =>
  h(
    "div",
    { class: "name" },
    lampHouse(32),
    h("span", {}, h("strong", {}, "Practice workspace"), h("small", {}, "Nothing leaves this machine")),
  );

// --- the clock ---

function clock() {
  const moving = store.state.clock.moving_to;
  if (moving && store.online) return [movingClock(moving), h("div", { class: "running" })];
  if (isPhone() && store.online) return clockButton();
  const shown = h("div", { class: "clock" }, icons.clock(), h("span", { id: "practice-time" }));
  if (!store.online) return shown;
  return [shown, isDesk() ? h("div", { class: "moves" }, MOVES.map(moveButton)) : moveMenuButton()];
}

function movingClock(moving) {
  const where = h("b", {}, isPhone() ? shortInstant(moving) : instantWords(moving));
  const then = h("span", { class: "then" }, ` … ${botName()} is starting at the new time`);
  return h("div", { class: "clock moving" }, icons.clock(), h("span", {}, "Moving to ", where, then));
}

function moveButton([move, words]) {
  return h(
    "button",
    { type: "button", "data-key": move, "data-move": move, onclick: () => acts.move(move) },
    words,
  );
}

const menuButton = (key, attributes, ...content) =>
  h(
    "button",
    { type: "button", "data-key": key, "aria-haspopup": "menu", "aria-expanded": "false", ...attributes },
    content,
  );

const moveMenuButton = () =>
  menuButton("moves", { onclick: () => toggleMoves() }, "Move the clock", icons.down());

const clockButton = () =>
  menuButton(
    "moves",
    { class: "clock-button", onclick: () => toggleMoves() },
    icons.clock(),
    h("span", { class: "aloud" }, "Move the clock, now "),
    h("span", { id: "practice-time" }),
    icons.down(),
  );

const toggleMoves = () => (document.querySelector(".popup.moves") ? shutBox(true) : openMoves());

/** Opens the menu of moves, where the moves are a menu; on a desk gives the last of them the focus. */
export function openMoves(focusOn = "hour") {
  if (isDesk()) return button(focusOn)?.focus();
  return openBox({
    name: "moves",
    title: "Move the clock",
    words: `Forwards only. ${botName()} is started anew at the new time.`,
    rows: MOVES.map(moveRow),
    selector: ".choice-row",
    first: MOVES.findIndex(([move]) => move === focusOn),
    side: "below",
    opener: () => button("moves"),
  });
}

function moveRow([move, words]) {
  return h(
    "button",
    {
      type: "button",
      class: "choice-row",
      role: "menuitem",
      tabindex: "-1",
      "data-move": move,
      onclick: () => {
        shutBox(true);
        acts.move(move);
      },
    },
    h("span", {}, h("strong", {}, words), h("small", {}, moveTarget(move))),
    icons.onward(),
  );
}

function targetOf(move) {
  return move === "hour" ? practiceNow() + 3600_000 : store.state.clock.targets[move];
}

function drawTime() {
  const now = practiceNow();
  const place = document.getElementById("practice-time");
  if (place && isPhone()) fill(place, shortInstant(now));
  else if (place)
    fill(
      place,
      h("span", { class: "weekday" }, `${weekdayOf(now)} `),
      `${dateWords(now)}, `,
      h("b", {}, timeWords(now)),
    );
  for (const [move, words] of MOVES) {
    const to = moveTarget(move);
    button(move)?.setAttribute("title", `To ${to}`);
    button(move)?.setAttribute("aria-label", `${words}: ${to}`);
  }
}

// --- the bot ---

function bot() {
  const { status, gave_up: gaveUp } = store.state.bot;
  const [long, short] = store.online ? STATUS[status] : ["Not connected", "Ended"];
  const sign = store.online
    ? { connected: icons.connected, starting: icons.starting, stopped: icons.stopped }[status]
    : icons.stopped;
  const why = gaveUp ? `${botName()} stopped three times while starting; the terminal says why` : null;
  const words = isPhone()
    ? [h("span", { "aria-hidden": "true" }, short), h("span", { class: "aloud" }, long)]
    : long;
  return h(
    "div",
    { class: "bot" },
    h("span", { class: "status", title: why }, sign(), words),
    startable() &&
      h(
        "button",
        { type: "button", "data-key": "start", onclick: () => acts.startBot() },
        isPhone() ? "Start" : "Start the bot",
      ),
  );
}

const startable = () =>
  store.online &&
  store.state.bot.managed &&
  store.state.bot.status === "stopped" &&
  !store.state.clock.moving_to;

// --- the page's own buttons ---

function tools() {
  if (isPhone()) return h("div", { class: "tools" }, menuTool());
  const narrow = !isDesk() || startable();
  return h("div", { class: "tools" }, wireTool(narrow), tourTool(), lookTool());
}

function wireTool(narrow) {
  const open = acts.wireOpen();
  return h(
    "button",
    {
      type: "button",
      class: narrow ? "icon" : "",
      "data-key": "wire",
      "aria-pressed": String(open),
      "aria-label": "Wire",
      title: narrow ? "Wire" : "What goes between chat and bot",
      onclick: () => acts.wire(),
    },
    icons.wire(),
    !narrow && "Wire",
  );
}

const tourTool = () =>
  h(
    "button",
    {
      type: "button",
      class: "icon",
      "data-key": "tour",
      "aria-label": "Tour",
      title: "Tour",
      onclick: () => acts.tour(),
    },
    icons.question(),
  );

function lookTool() {
  const words = `${otherLook()} colours`;
  const change = () => {
    changeLook();
    drawBand();
  };
  return h(
    "button",
    { type: "button", class: "icon", "data-key": "look", "aria-label": words, title: words, onclick: change },
    isDark() ? icons.sun() : icons.moon(),
  );
}

const menuTool = () =>
  menuButton(
    "menu",
    { class: "icon bare", "aria-label": "Practice menu", onclick: () => openMenu() },
    icons.dots(),
  );

function openMenu() {
  const row = (icon, words, small, act) =>
    h(
      "button",
      {
        type: "button",
        class: "choice-row",
        role: "menuitem",
        tabindex: "-1",
        onclick: () => {
          shutBox(true);
          act();
        },
      },
      icon,
      h("span", {}, h("strong", {}, words), h("small", {}, small)),
    );
  openBox({
    name: "tools-menu",
    title: "Practice workspace",
    words: "Nothing leaves this machine.",
    rows: [
      row(icons.wire(), "Wire", "What goes between chat and bot", () => acts.wire()),
      row(icons.question(), "Tour", "Five steps, a few minutes", () => acts.tour()),
      row(
        isDark() ? icons.sun() : icons.moon(),
        `${otherLook()} colours`,
        "Remembered on this machine",
        () => {
          changeLook();
          drawBand();
        },
      ),
    ],
    selector: ".choice-row",
    side: "below",
    opener: () => button("menu"),
  });
}

function statusSentence() {
  if (!store.online) return "The practice workspace has stopped.";
  const moving = store.state.clock.moving_to;
  return moving ? `Moving to ${instantWords(moving)}` : STATUS[store.state.bot.status][0];
}
