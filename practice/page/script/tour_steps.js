// The five steps of the tour: their words, what each speaks of, and what its button does.

import { h } from "./dom.js";
import { openMoves } from "./band.js";
import { typeFor } from "./composer.js";
import { openSwitcher, youOpener } from "./switcher.js";
import { store, botName } from "./store.js";
import { weekdayOf } from "./dates.js";
import { isDesk, isPhone } from "./widths.js";

/** Who the tour is about: the first person one can be, and the DCC. */
export function guide() {
  const people = (store.state?.people ?? []).filter((person) => person.switcher && !person.deleted);
  const [owner] = people;
  return {
    owner,
    dcc: people.find((person) => person.role === "DCC"),
    mine: owner?.id === store.state?.me.id,
    isMonday: (instant) => weekdayOf(instant) === "Monday",
  };
}

const b = (words) => h("strong", {}, words);
const command = () => store.state.app.commands[0];
const updates = () =>
  [...document.querySelectorAll("#messages article.from-bot .button")].filter(
    (one) => one.textContent === "Update",
  );

/** The first Update of the newest answer that has one. */
function firstUpdate() {
  const article = updates().at(-1)?.closest("article");
  return updates().find((one) => one.closest("article") === article) ?? null;
}

function showUpdate() {
  const button = firstUpdate();
  button?.scrollIntoView({ block: "center" });
  (button ?? document.querySelector("#composer textarea")).focus();
}

const beTheOwner = () => ({ words: `Be ${guide().owner.name}`, press: () => openSwitcher(guide().owner.id) });

/** The first step belongs to one person; whoever else begins the tour is led there first. */
function askWords() {
  const { owner, mine } = guide();
  const { me } = store.state;
  if (!mine) return [`You are ${me.name}. The tour is ${owner.name}’s: become that person first.`];
  const where = isPhone() ? "" : " here";
  return [
    `You are ${me.name}, who owns a few items in the register. Type `,
    h("code", {}, command()),
    `${where} and press Enter. Only you will see the answer.`,
  ];
}

export const STEPS = [
  {
    title: "Ask what is yours",
    words: askWords,
    place: () => "bottom",
    target: () => (guide().mine ? document.querySelector("#composer .box") : youOpener()),
    act: () => (guide().mine ? { words: "Type it for me", press: () => typeFor(command()) } : beTheOwner()),
  },
  {
    title: "Say what has changed",
    words: () => [
      "Each of your items has a button. Press the first ",
      b("Update"),
      ": a form opens, already filled in as far as it is known.",
    ],
    place: () => "bottom",
    tip: () => "none",
    target: firstUpdate,
    act: () => ({ words: "Show me", press: showUpdate }),
  },
  {
    title: "Save it",
    words: () => [
      "Write what has changed, then press ",
      b("Save"),
      ". An error is welcome: it is said at the field, and your words stay.",
    ],
    place: () => "form",
    target: () => document.querySelector(".form .save"),
    act: () => ({ words: "Show me", press: () => document.querySelector(".form .save")?.focus() }),
  },
  {
    title: "Become the DCC",
    words: () => [
      "Press ",
      isPhone() ? "the picture at the top right" : b("You are"),
      ` and choose ${guide().dcc?.name ?? "the DCC"}. The page then shows what that person would see.`,
    ],
    place: () => (isPhone() ? "bottom" : "side"),
    tip: () => (isPhone() ? "none" : ""),
    target: () => document.querySelector(`.person[data-person="${guide().dcc?.id}"]`) ?? youOpener(),
    act: () => ({ words: "Show me", press: () => openSwitcher(guide().dcc?.id) }),
  },
  {
    title: "Go to Monday",
    words: () => [
      "On Mondays at 09:00 the weekly digest comes. Press ",
      b("To Monday 09:00"),
      `: the clock moves, and ${botName()} is started anew at that time.`,
    ],
    place: () => "top",
    target: () => document.querySelector(`#band [data-key='${isDesk() ? "monday" : "moves"}']`),
    act: () => ({ words: "Show me", press: () => openMoves("monday") }),
  },
];
