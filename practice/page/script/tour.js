// The guided tour: five steps, each over when the thing is done; it blocks nothing and covers nothing.

import { h, fill } from "./dom.js";
import { opened } from "./layers.js";
import { on } from "./signals.js";
import { remembered, remember } from "./remembered.js";
import { STEPS, guide } from "./tour_steps.js";
import { store } from "./store.js";
import { onWidth } from "./widths.js";

let step = -1;
let dialog = null;
let forget = null;
let card = null;
const places = ["tour-bottom", "tour-side", "tour-top"].map((id) => document.getElementById(id));

/** Listens once to what happens, so that each step goes on by itself. */
export function prepareTour() {
  on("answered", ({ message }) => message.ephemeral && step === 0 && guide().mine && go(1));
  on("form opened", (form) => {
    dialog = form.dialog;
    if (step === 1 || step === 2) go(2);
  });
  on("form shut", () => {
    dialog = null;
    if (step === 2) go(1);
  });
  on("form saved", () => (step === 1 || step === 2) && go(3));
  on("became", () => (step === 3 && store.state.me.id === guide().dcc?.id ? go(4) : draw()));
  on("moved", ({ now }) => step === 4 && guide().isMonday(now) && end("done"));
  new MutationObserver(ring).observe(document.body, { childList: true, subtree: true });
  onWidth(draw);
  new ResizeObserver(() => card && point()).observe(places[2]);
}

/** Begins at the first visit, or goes on where a visit before this one left off. */
export function beginTour() {
  const kept = remembered("tour");
  if (kept === "done" || !guide().owner) return null;
  const at = Number(kept ?? 0);
  if (at >= 3) return go(at);
  return go(dialog ? 2 : 0);
}

/** Starts from the first step, or closes the tour when it is open. */
export function startTour() {
  if (step >= 0) return end("done");
  go(0);
  return card.querySelector("button.lamp")?.focus({ preventScroll: true });
}

function go(number) {
  step = number;
  remember("tour", String(number));
  forget ??= opened(() => end("done"));
  document.getElementById("status-said").textContent =
    `Tour, step ${number + 1} of 5: ${STEPS[number].title}`;
  draw();
}

function end(how) {
  const held = card?.contains(document.activeElement);
  step = -1;
  remember("tour", how);
  forget?.();
  forget = null;
  draw();
  if (held) document.querySelector("#composer textarea").focus();
}

function draw() {
  const held = card?.contains(document.activeElement);
  card?.remove();
  card = null;
  places.forEach((place) => fill(place));
  ring();
  if (step < 0 || !store.state) return;
  card = cardNode(STEPS[step]);
  placeOf(STEPS[step]).prepend(card);
  point();
  if (held) card.querySelector("button.lamp")?.focus({ preventScroll: true });
  keepTargetInView();
}

function placeOf({ place }) {
  const wanted = place();
  return wanted === "form" ? (dialog ?? places[0]) : document.getElementById(`tour-${wanted}`);
}

function cardNode({ title, words, act, place, tip = () => "" }) {
  const said = words();
  const button = act();
  return h(
    "section",
    { class: `tour at-${place()}${tip() === "none" ? " no-tip" : ""}`, "aria-label": "Tour" },
    h("h2", {}, title),
    h("p", {}, said),
    h(
      "div",
      { class: "way" },
      h(
        "span",
        { class: "dots", "aria-hidden": "true" },
        STEPS.map((_, number) => h("i", { class: number === step ? "now" : "" })),
      ),
      h("span", { class: "count" }, `${step + 1} of ${STEPS.length}`),
      h(
        "span",
        { class: "buttons" },
        h("button", { type: "button", onclick: () => end("done") }, "Skip the tour"),
        h("button", { type: "button", class: "lamp", onclick: () => button.press() }, button.words),
      ),
    ),
  );
}

const target = () => (step < 0 ? null : STEPS[step].target());

/** The lamp ring stands around the target, wherever it is drawn anew. */
function ring() {
  const wanted = target();
  document
    .querySelectorAll(".tour-target")
    .forEach((node) => node !== wanted && node.classList.remove("tour-target"));
  if (wanted && !wanted.classList.contains("tour-target")) wanted.classList.add("tour-target");
}

/** Where the card hangs below the band, it stands under what it speaks of. */
function point() {
  const wanted = target();
  if (!card.matches(".at-top") || !wanted) return;
  const room = card.parentElement.getBoundingClientRect();
  const at = wanted.getBoundingClientRect();
  const left = Math.max(20, Math.min(at.left - room.left - 20, room.width - card.offsetWidth - 20));
  card.style.marginLeft = `${left}px`;
  card.style.setProperty("--tip", `${at.left - room.left - left + at.width / 2 - 9}px`);
}

function keepTargetInView() {
  const wanted = target();
  if (wanted?.closest(".messages")) wanted.scrollIntoView({ block: "nearest" });
}
