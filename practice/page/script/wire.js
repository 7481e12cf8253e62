// The wire: everything that goes between chat and bot, a line each, oldest first; a press unfolds one.

import { h, fill } from "./dom.js";
import { icons } from "./icons.js";
import { secondsWords } from "./dates.js";
import { jsonNodes } from "./json.js";
import { openPanel, shutPanel, panelName } from "./panel.js";
import { post, read } from "./server.js";
import { botName } from "./store.js";

const FILTERS = [
  ["all", "All", () => true],
  ["to", "To the bot", (entry) => entry.way === "to"],
  ["from", "From the bot", (entry) => entry.way === "from"],
];
let entries = [];
let held = [];
let filter = "all";
let paused = false;
let list;
let bar;
let pause;
let forget = () => {};

/** Opens the wire, or shuts it; `changed` hears of either, `back` takes the focus afterwards. */
export async function toggleWire({ changed, back }) {
  if (panelName() === "wire") return shutPanel();
  bar = h("div", { class: "filters", role: "group", "aria-label": "Which way" });
  const of = h("p", { class: "of-whom" }, "What the bot is told and says, of everybody, not only of you.");
  list = h("ol", { class: "entries" });
  pause = h("button", { type: "button", class: "button", onclick: togglePause });
  forget = () => {
    held = [];
    paused = false;
    changed();
  };
  openPanel({ name: "wire", label: "Wire", nodes: [head(), bar, of, list], onShut: forget, back });
  const kept = await read("wire");
  entries = kept?.entries ?? [];
  drawPause();
  drawBar();
  drawList();
  changed();
  return bar.querySelector("button").focus();
}

/** Whether the wire is open. */
export const wireOpen = () => panelName() === "wire";

/** Something went over the wire. */
export function wireHeard(entry) {
  if (!wireOpen() || entries.some((one) => one.id === entry.id)) return;
  if (paused) {
    held.push(entry);
    return drawPause();
  }
  entries.push(entry);
  const following = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.querySelector(".nothing")?.remove();
  if (fits(entry)) list.append(row(entry));
  if (following) list.scrollTop = list.scrollHeight;
  return drawBar();
}

function head() {
  const clear = async () => {
    entries = [];
    held = [];
    drawBar();
    drawList();
    drawPause();
    await post("wire/clear", {});
  };
  return h(
    "header",
    { class: "panel-head" },
    h("h2", {}, "Wire"),
    h("span", { class: "soft" }, "between chat and bot"),
    pause,
    h("button", { type: "button", class: "button", onclick: clear }, "Clear"),
    h(
      "button",
      { type: "button", class: "shut", "aria-label": "Close the wire", onclick: () => shutPanel() },
      icons.close(),
    ),
  );
}

function togglePause() {
  paused = !paused;
  const waiting = held;
  held = [];
  if (!paused) waiting.forEach(wireHeard);
  drawPause();
}

function drawPause() {
  const more = held.length ? ` (${held.length})` : "";
  fill(pause, paused ? icons.play() : icons.pause(), paused ? `Go on${more}` : "Pause");
}

const chosen = () => FILTERS.find(([name]) => name === filter)[2];
const fits = (entry) => chosen()(entry);

function drawBar() {
  const held = document.activeElement?.dataset?.filter;
  fill(bar, FILTERS.map(filterButton));
  if (held) bar.querySelector(`[data-filter="${held}"]`)?.focus();
}

function filterButton([name, words, wanted]) {
  const choose = () => {
    filter = name;
    drawBar();
    drawList();
  };
  return h(
    "button",
    { type: "button", "data-filter": name, "aria-pressed": String(name === filter), onclick: choose },
    `${words} ${entries.filter(wanted).length}`,
  );
}

function drawList() {
  const shown = entries.filter(fits);
  const nothing = h("li", { class: "nothing" }, `Nothing yet. Send something to ${botName()}.`);
  fill(list, shown.length ? shown.map(row) : nothing);
  list.scrollTop = list.scrollHeight;
}

function row(entry) {
  const outcome = entry.ms === null ? "" : [`${entry.ms} ms`, entry.code ?? ""].filter(Boolean).join(" · ");
  const opener = h(
    "button",
    {
      type: "button",
      "aria-expanded": "false",
      class: entry.ok ? "entry" : "entry failed",
      onclick: () => unfold(),
    },
    h("span", { class: "at" }, secondsWords(entry.at)),
    h("span", { class: "what" }, entry.name),
    h("span", { class: "took" }, entry.ok || entry.code ? outcome : `${outcome} · failed`),
    h("span", { class: "way" }, entry.way === "to" ? "to bot" : "from bot"),
    h("span", { class: "one-line" }, entry.line || "–"),
  );
  const node = h("li", {}, opener);
  async function unfold() {
    const open = node.querySelector(".whole");
    open?.remove();
    opener.setAttribute("aria-expanded", String(!open));
    if (open) return;
    node.append(await whole(entry));
    node.scrollIntoView({ block: "nearest" });
  }
  return node;
}

async function whole(entry) {
  const answer = await read(`wire/${entry.id}`);
  if (!answer) return h("div", { class: "whole" }, "It is not kept any more.");
  const copy = h(
    "button",
    { type: "button", class: "button", onclick: () => copyAll() },
    icons.copy(),
    "Copy",
  );
  async function copyAll() {
    await navigator.clipboard.writeText(JSON.stringify(answer.whole, null, 2));
    fill(copy, icons.check(), "Copied");
  }
  return h(
    "div",
    { class: "whole" },
    copy,
    h("pre", { tabindex: "0", "aria-label": "The whole of it" }, jsonNodes(answer.whole)),
  );
}
