// The open channel: its beginning, day lines, messages, and where one stands in them.

import { h, fill } from "./dom.js";
import { icons } from "./icons.js";
import { dayWords, instantWords, timeWords } from "./dates.js";
import { beginning } from "./beginning.js";
import { drawHead } from "./channel_head.js";
import { messageNode } from "./message.js";
import { markChanges, clearMarks } from "./redrawn.js";
import { store, openChannel } from "./store.js";
import { isReply, repliesOf } from "./threads.js";

const NEAR = 60;
const list = document.getElementById("messages");
const more = document.getElementById("more-below");
let acts = {};
let shownUntil = null;
let lastPressed = null;
let atEnd = true;
let height = 0;

/** Prepares the list once; `acts` are what can be done to a message: press, dismiss, say. */
export function prepareConversation(given) {
  acts = given;
  fill(more, h("span", {}, "More below"), icons.down());
  more.addEventListener("click", () => scrollOn());
  list.addEventListener("scroll", scrolled, { passive: true });
  list.addEventListener("keydown", byArrows);
  list.addEventListener("focusin", (event) => makeCurrent(event.target.closest("article")));
  new ResizeObserver(stayAtEnd).observe(list);
}

/** Draws the open channel anew, at its newest message or at the first one not yet seen. */
export function drawConversation() {
  const channel = openChannel();
  drawHead();
  shownUntil = null;
  const seen = channel.read_until;
  let marked = false;
  fill(list, beginning(channel, acts.say));
  for (const message of channel.messages.filter((one) => !isReply(one))) {
    const isNew =
      !marked &&
      channel.unread > 0 &&
      Number(message.ts) > Number(seen) &&
      message.writer?.id !== store.state.me.id;
    addNodes(message, isNew);
    marked ||= isNew;
  }
  list.append(...movesSince(null));
  makeCurrent(list.querySelector("article:last-of-type"));
  const fresh = list.querySelector(".new-line");
  list.scrollTop = list.scrollHeight;
  if (fresh && fresh.offsetTop - list.offsetTop < list.scrollTop)
    list.scrollTop = fresh.offsetTop - list.offsetTop - 40;
  tellMore();
}

// --- messages and the lines between them ---

function addNodes(message, isNew) {
  list.append(...separators(message.at));
  if (isNew) list.append(h("div", { class: "new-line", role: "separator" }, "New"));
  const node = drawn(message);
  list.append(node);
  shownUntil = message.at;
  return node;
}

const drawn = (message) =>
  messageNode(message, {
    press: pressed,
    dismiss: acts.dismiss,
    thread: acts.thread,
    replies: repliesOf(openChannel(), message).length,
  });

function separators(at) {
  list.querySelector(".moved-line:last-child")?.remove();
  const moves = movesSince(at);
  if (moves.length) return moves;
  return !shownUntil || dayWords(shownUntil) !== dayWords(at) ? [dayLine(dayWords(at))] : [];
}

/** One line for the moves between what is shown and an instant; without an instant, for all since. */
function movesSince(at) {
  if (!shownUntil) return [];
  const later = (instant, than) => Date.parse(instant) > Date.parse(than);
  const moves = store.state.clock.moves.filter(
    (move) => later(move.to, shownUntil) && !(at && later(move.to, at)),
  );
  if (!moves.length) return [];
  const from = moves[0].from;
  const to = moves.at(-1).to;
  const sameDay = dayWords(from) === dayWords(to);
  return [
    dayLine(
      sameDay ? timeWords(to) : dayWords(to),
      `clock moved here from ${sameDay ? timeWords(from) : instantWords(from)}`,
      "moved-line",
    ),
  ];
}

const dayLine = (bold, rest, more = "") =>
  h(
    "div",
    { class: `day ${more}`, role: "separator" },
    h("span", {}, h("b", {}, bold), rest && ` · ${rest}`),
  );

/** Shows that the clock has moved. */
export function showMove() {
  list.querySelector(".moved-line:last-child")?.remove();
  const following = atBottom();
  list.append(...movesSince(null));
  if (following) list.scrollTop = list.scrollHeight;
}

/** Adds a message at the end. One's own and those one waits for come into view; otherwise who reads further up stays there. */
export function addMessage(message, mine) {
  if (nodeOf(message.ts)) return replaceMessage(message);
  const following = atBottom();
  const node = addNodes(message, false);
  node.classList.add("landed");
  makeCurrent(node);
  if (following || mine) bringIntoView(node);
  tellMore();
  return node;
}

/** Draws a message anew where it stands, with what has changed marked. */
export function replaceMessage(message, { quietly = false } = {}) {
  const before = nodeOf(message.ts);
  if (!before) return;
  const held = before.contains(document.activeElement) ? whereIn(before, document.activeElement) : null;
  const after = drawn(message);
  const following = atBottom();
  if (message.redrawn && !quietly) markChanges(before, after);
  before.replaceWith(after);
  makeCurrent(after);
  if (held) (placeIn(after, held) ?? after).focus({ preventScroll: true });
  if (following && after.offsetHeight < list.clientHeight) list.scrollTop = list.scrollHeight;
  else if (!quietly && lastPressed?.ts === message.ts) showTop(after);
  tellMore();
}

/** Takes a message away; the focus goes to its neighbour. */
export function removeMessage(ts) {
  const node = nodeOf(ts);
  if (!node) return;
  const neighbour =
    node.previousElementSibling?.closest("article") ?? node.nextElementSibling?.closest("article");
  const held = node.contains(document.activeElement);
  node.remove();
  if (held) (neighbour ?? document.querySelector("#composer textarea")).focus();
  makeCurrent(neighbour ?? list.querySelector("article:last-of-type"));
  tellMore();
}

/** Adds a note of the page's own at the end, or below a message. */
export function addNote(node, ts) {
  const after = ts && nodeOf(ts);
  if (after) {
    after.after(node);
    node.scrollIntoView({ block: "nearest" });
  } else {
    list.append(node);
    list.scrollTop = list.scrollHeight;
  }
  tellMore();
}

/** Adds a note before what is new, or at the end when nothing is, and keeps both in view. */
export function addNoteBeforeNew(node) {
  const line = list.querySelector(".new-line");
  if (!line) return addNote(node);
  const fresh = line.previousElementSibling?.matches(".day") ? line.previousElementSibling : line;
  fresh.before(node);
  list.scrollTop = node.offsetTop - list.offsetTop - 12;
  return tellMore();
}

/** Takes away what was only to be seen until the next act: failures and change marks. */
export function forgetPassing() {
  list.querySelectorAll(".note.failed").forEach((node) => node.remove());
  clearMarks(list);
}

// --- where one stands ---

const nodeOf = (ts) => list.querySelector(`article[data-ts="${ts}"]`);
const atBottom = () => list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;

function bringIntoView(node) {
  const tall = node.offsetHeight > list.clientHeight - 24;
  list.scrollTop = tall ? node.offsetTop - list.offsetTop - 12 : list.scrollHeight;
}

/** What one has just pressed is redrawn: its beginning comes back into view when it was scrolled away. */
function showTop(node) {
  const top = node.offsetTop - list.offsetTop - 12;
  if (top < list.scrollTop) list.scrollTop = top;
}

/** A scroll that only comes of a list grown or shrunk says nothing of what a person wants to see. */
function scrolled() {
  if (list.clientHeight === height) tellMore();
}

/** The list has become higher or lower: who was at the end stays there. */
function stayAtEnd() {
  height = list.clientHeight;
  if (atEnd) list.scrollTop = list.scrollHeight;
  tellMore();
}

function tellMore() {
  atEnd = atBottom();
  more.hidden = list.scrollHeight - list.scrollTop - list.clientHeight < 20;
}

function scrollOn() {
  const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  list.scrollBy({ top: list.clientHeight - 80, behavior: smooth ? "smooth" : "auto" });
}

// --- keyboard ---

function makeCurrent(article) {
  if (!article) return;
  list
    .querySelectorAll("article[tabindex='0']")
    .forEach((other) => other !== article && setStops(other, "-1"));
  setStops(article, "0");
}

function setStops(article, stop) {
  article.setAttribute("tabindex", stop);
  article.querySelectorAll("button, select").forEach((control) => control.setAttribute("tabindex", stop));
}

function byArrows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.altKey || !event.target.matches("article")) return;
  const articles = [...list.querySelectorAll("article")];
  const next = articles[articles.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

// --- pressing ---

async function pressed(message, block, element, value) {
  const node = nodeOf(message.ts);
  lastPressed = { ts: message.ts, block: block.block_id, action: element.action_id };
  await acts.press(message, block, element, value, node);
}

const whereIn = (article, control) => ({
  block: control.closest("[data-block]")?.dataset.block,
  action: control.dataset.action,
  words: control.textContent,
});

/** The control that stands now where one was: with the same words, as Back may have come before More. */
function placeIn(article, { block, action, words }) {
  if (!action) return null;
  const place =
    [...article.querySelectorAll("[data-block]")].find((one) => one.dataset.block === block) ?? article;
  const controls = [...place.querySelectorAll("[data-action]")];
  const same = controls.find((one) => one.dataset.action === action);
  if (!words || same?.textContent === words) return same ?? null;
  return controls.find((one) => one.textContent === words) ?? same ?? null;
}

/** Gives the focus back to what was pressed before a form opened, or to what stands there now. */
export function focusPressed() {
  const article = lastPressed && nodeOf(lastPressed.ts);
  const place = article && (placeIn(article, lastPressed) ?? article);
  (place ?? document.querySelector("#composer textarea")).focus({ preventScroll: true });
}
