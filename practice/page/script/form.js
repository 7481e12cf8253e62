// A form of the bot's: a native dialog whose typed words are kept through errors, silence and redrawing.

import { h, fill } from "./dom.js";
import { icons, lampTile } from "./icons.js";
import { drawBlocks, textNodes } from "./blocks.js";
import { inputField } from "./fields.js";
import { note } from "./notes.js";
import { post, Gone } from "./server.js";
import { store, botName } from "./store.js";
import { focusPressed } from "./conversation.js";
import { emit } from "./signals.js";

let dialog = null;
let shown = null;
let fields = [];
let saving = false;
let closing = null;

/** Shows the top of a person's open forms, or none. A form already shown is left as it is. */
export function showViews(views) {
  const view = views.at(-1);
  if (!view) return shut();
  if (shown && shown.id === view.id && shown.hash === view.hash) return null;
  return draw(view, shown?.id === view.id ? typed() : {});
}

const typed = () =>
  Object.fromEntries(
    fields.map((field) => [field.block.block_id, { [field.block.element.action_id]: field.state() }]),
  );

function draw(view, keep) {
  const held = document.activeElement?.closest(".form [data-block]")?.dataset.block;
  shown = view;
  fields = [];
  saving = false;
  closing = null;
  if (!dialog) open();
  const middle = h(
    "div",
    { class: "middle" },
    h("div", { class: "trouble", hidden: true }),
    view.blocks.map((block) => part(block, view, keep)),
  );
  fill(dialog, h("form", { novalidate: true, onsubmit: submit }, head(view), middle, foot(view)));
  (
    fields.find((field) => field.block.block_id === held) ??
    fields[0] ?? { focus: () => dialog.querySelector(".foot .button")?.focus() }
  ).focus();
  emit("form opened", { dialog });
}

function open() {
  dialog = h("dialog", { class: "form", "aria-labelledby": "form-title" });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function shut() {
  if (!dialog) return;
  dialog.close();
  dialog.remove();
  dialog = shown = null;
  fields = [];
  focusPressed();
  emit("form shut");
}

function head(view) {
  return h(
    "header",
    { class: "head" },
    lampTile(28, 9),
    h("h2", { id: "form-title" }, textNodes(view.title)),
    h("button", { type: "button", class: "shut", "aria-label": "Close", onclick: close }, icons.close()),
  );
}

function foot(view) {
  return h(
    "footer",
    { class: "foot" },
    h(
      "button",
      { type: "button", class: "button", onclick: close },
      view.close?.text ?? (view.submit ? "Cancel" : "Close"),
    ),
    view.submit && h("button", { type: "submit", class: "button primary save" }, view.submit.text),
  );
}

function part(block, view, kept) {
  if (block.type !== "input")
    return drawBlocks([block], (b, element, value) => pressIn(view, b, element, value))[0];
  const { block_id: blockId, element } = block;
  const state = kept[blockId]?.[element.action_id] ?? view.state.values[blockId]?.[element.action_id];
  const field = inputField(block, state);
  fields.push(field);
  return field.node;
}

async function pressIn(view, block, element, value) {
  const outcome = await attempt("press", {
    person: store.state.me.id,
    view_id: view.id,
    block_id: block.block_id,
    action_id: element.action_id,
    value,
    values: typed(),
  });
  if (!outcome.ok) trouble(`${botName()} did not respond. Your words are still here.`);
}

async function submit(event) {
  event.preventDefault();
  if (saving) return;
  saving = true;
  const view = shown;
  const button = dialog.querySelector(".save");
  const label = button.textContent;
  button.textContent = label === "Save" ? "Saving" : "Sending";
  button.setAttribute("aria-disabled", "true");
  button.classList.add("busy");
  await Promise.all(fields.map((field) => field.ready?.()));
  complainAll({});
  const outcome = await attempt("submit", { person: store.state.me.id, view_id: view.id, values: typed() });
  if (outcome.ok && !outcome.errors && !outcome.view) emit("form saved");
  if (shown !== view) return;
  saving = false;
  button.textContent = label;
  button.removeAttribute("aria-disabled");
  button.classList.remove("busy");
  finish(outcome);
}

async function attempt(path, asked) {
  try {
    return await post(path, asked);
  } catch (failure) {
    if (failure instanceof Gone) return { ok: false, error: "gone" };
    throw failure;
  }
}

function finish(outcome) {
  if (outcome.errors) return complainAll(outcome.errors);
  if (!outcome.ok) return trouble(troubleWords(outcome.error));
  return showViews(outcome.view ? [outcome.view] : []);
}

function troubleWords(error) {
  const kept = "Your words are still here.";
  if (error === "no_response")
    return `${botName()} did not respond, so it is not known whether this was saved. ${kept}`;
  if (error === "not_running")
    return `Not saved: ${botName()} is not running. ${kept} Close this form to start it.`;
  if (error === "gone") return `Not saved: the practice workspace has stopped. ${kept}`;
  return `${botName()} answered, but the chat could not show it (${error}). ${kept}`;
}

function trouble(words) {
  const place = dialog?.querySelector(".trouble");
  if (!place) return;
  place.hidden = !words;
  fill(place, words && note(words, { failed: true }));
  if (words) place.scrollIntoView({ block: "nearest" });
}

/** Shows each error at its field; what belongs to no field stands at the top. The first one gets the focus. */
function complainAll(errors) {
  trouble("");
  fields.forEach((field) => field.complain(errors[field.block.block_id]));
  const first = fields.find((field) => errors[field.block.block_id]);
  first?.focus();
  const homeless = Object.keys(errors).filter((id) => !fields.some((field) => field.block.block_id === id));
  if (homeless.length) trouble(homeless.map((id) => errors[id]).join(" "));
}

async function close() {
  const view = shown;
  if (!view || closing === view.id) return;
  closing = view.id;
  await attempt("close", { person: store.state.me.id, view_id: view.id });
  if (shown === view) shut();
}
