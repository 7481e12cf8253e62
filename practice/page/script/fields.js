// The fields of a form: each draws itself, keeps what is typed, and says its state in Slack's shape.

import { h, fill } from "./dom.js";
import { icons } from "./icons.js";
import { fieldDateWords } from "./dates.js";
import { textNodes } from "./blocks.js";
import { optionNodes } from "./pressable.js";
import { files } from "./files.js";

let counter = 0;

/** A field for an input block. `state` is what stands in it, in Slack's shape. */
export function inputField(block, state) {
  const id = `field-${(counter += 1)}`;
  const control = controlFor(block.element, id, state ?? {});
  const wrong = h("div", { class: "said-wrong", id: `${id}-wrong`, hidden: true });
  const hint = block.hint && h("p", { class: "hint", id: `${id}-hint` }, textNodes(block.hint));
  const label = [textNodes(block.label), block.optional && h("span", { class: "optional" }, " (optional)")];
  const group = control.group;
  const node = h(
    group ? "fieldset" : "div",
    { class: "field", "data-block": block.block_id },
    group ? h("legend", {}, label) : h("label", { class: "label", for: id }, label),
    control.node,
    wrong,
    control.count,
    hint,
  );
  const described = [`${id}-wrong`, hint && `${id}-hint`].filter(Boolean).join(" ");
  control.inputs().forEach((input) => {
    input.setAttribute("aria-describedby", described);
    if (!block.optional) input.setAttribute("aria-required", "true");
  });
  control.onWrong?.((words) => complain(node, wrong, control.inputs(), words));
  return {
    node,
    block,
    state: control.state,
    ready: control.ready,
    focus: () => control.inputs()[0]?.focus(),
    complain: (words) => complain(node, wrong, control.inputs(), words),
  };
}

function complain(node, place, inputs, words) {
  node.classList.toggle("wrong", Boolean(words));
  place.hidden = !words;
  fill(place, words && [icons.warning(), h("span", {}, words)]);
  inputs.forEach((input) =>
    words ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid"),
  );
}

function controlFor(element, id, state) {
  const draw =
    {
      radio_buttons: choices,
      checkboxes: choices,
      static_select: select,
      users_select: select,
      datepicker: date,
      file_input: files,
    }[element.type] ?? text;
  return draw(element, id, state);
}

function text(element, id, state) {
  const type = element.type === "url_text_input" ? "url" : "text";
  const common = {
    id,
    placeholder: element.placeholder?.text,
    value: state.value ?? "",
    autocomplete: "off",
  };
  const input = element.multiline
    ? h("textarea", { ...common, rows: "3" })
    : h("input", { ...common, type, inputmode: type === "url" ? "url" : null });
  const count =
    element.max_length && element.max_length < 3000 ? h("span", { class: "count", hidden: true }) : null;
  const tell = () => {
    if (count) {
      const left = element.max_length - input.value.length;
      count.hidden = left > element.max_length / 4;
      count.textContent = left < 0 ? `${-left} too many` : `${left} left`;
    }
  };
  input.addEventListener("input", tell);
  tell();
  return {
    node: input,
    count,
    inputs: () => [input],
    state: () => ({ type: element.type, value: input.value || null }),
  };
}

function date(element, id, state) {
  const input = h("input", { id, type: "date", value: state.selected_date ?? "" });
  const words = h("span", { class: "words", "aria-live": "polite" });
  const tell = () => {
    words.textContent = fieldDateWords(input.value);
  };
  input.addEventListener("input", tell);
  tell();
  return {
    node: h("div", { class: "date" }, input, words),
    inputs: () => [input],
    state: () => ({ type: "datepicker", selected_date: input.value || null }),
  };
}

function select(element, id, state) {
  const people = element.type === "users_select";
  const input = h(
    "select",
    { id },
    h("option", { value: "" }, element.placeholder?.text ?? "Choose"),
    optionNodes(element),
  );
  input.value = (people ? state.selected_user : state.selected_option?.value) ?? "";
  const chosen = () => allOptions(element).find((option) => option.value === input.value) ?? null;
  return {
    node: input,
    inputs: () => [input],
    state: () =>
      people
        ? { type: element.type, selected_user: input.value || null }
        : { type: element.type, selected_option: chosen() },
  };
}

const allOptions = (element) =>
  element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);

function choices(element, id, state) {
  const many = element.type === "checkboxes";
  const chosen = new Set(
    (many ? (state.selected_options ?? []) : [state.selected_option])
      .filter(Boolean)
      .map((option) => option.value),
  );
  const inputs = element.options.map((option, number) =>
    h("input", {
      type: many ? "checkbox" : "radio",
      name: id,
      id: `${id}-${number}`,
      value: option.value,
      checked: chosen.has(option.value),
    }),
  );
  const node = h(
    "div",
    {},
    element.options.map((option, number) =>
      h(
        "label",
        { class: "choice" },
        inputs[number],
        h(
          "span",
          {},
          textNodes(option.text),
          option.description && h("span", { class: "description" }, textNodes(option.description)),
        ),
      ),
    ),
  );
  const picked = () => element.options.filter((_, number) => inputs[number].checked);
  return {
    node,
    group: true,
    inputs: () => inputs,
    state: () =>
      many
        ? { type: element.type, selected_options: picked() }
        : { type: element.type, selected_option: picked()[0] ?? null },
  };
}
