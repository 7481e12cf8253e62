// Buttons and menus in what the bot sends: asked once more where it wants that, and never pressed twice at once.

import { h, arrowsMove, focusOne } from "./dom.js";
import { withMarks } from "./emoji.js";
import { icons } from "./icons.js";
import { ask } from "./question.js";
import { leadsOut } from "./links.js";
import { everybody } from "./names.js";
import { textNodes } from "./blocks.js";

/** An element that can be pressed or chosen from. */
export function pressable(block, element, press) {
  const draw = {
    button: drawButton,
    overflow: drawOverflow,
    static_select: drawSelect,
    users_select: drawSelect,
  }[element.type];
  if (!draw)
    return h("span", { class: "unknown" }, element.alt_text ?? `“${element.type}” is not drawn here.`);
  return draw(element, (node, value) => go(node, block, element, press, value));
}

async function go(node, block, element, press, value) {
  if (node.dataset.busy || !(await confirmed(element.confirm))) return;
  node.dataset.busy = "yes";
  node.classList.add("busy");
  node.setAttribute("aria-busy", "true");
  try {
    await press(block, element, value);
  } finally {
    delete node.dataset.busy;
    node.classList.remove("busy");
    node.removeAttribute("aria-busy");
  }
}

function confirmed(question) {
  if (!question) return true;
  return ask({
    title: question.title?.text ?? "Sure?",
    words: textNodes(question.text),
    yes: question.confirm?.text ?? "Yes",
    no: question.deny?.text ?? "Cancel",
    danger: question.style === "danger",
  });
}

function drawButton(element, press) {
  const style = { primary: "primary", danger: "danger" }[element.style] ?? "";
  const node = h(
    "button",
    {
      type: "button",
      class: `button ${style}`,
      "aria-label": element.accessibility_label,
      "data-action": element.action_id,
      title: element.url && `Leads out of the practice workspace: ${element.url}`,
      onclick: async () => {
        await press(node);
        if (element.url) leadsOut(element.url);
      },
    },
    withMarks(element.text?.text ?? ""),
  );
  return node;
}

function drawOverflow(element, press) {
  const opener = h(
    "button",
    {
      type: "button",
      class: "button icon",
      "aria-label": element.accessibility_label ?? "More",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "data-action": element.action_id,
      onclick: () => (place.querySelector(".menu") ? shut() : open()),
    },
    icons.more(),
  );
  const place = h("span", { class: "menu-place" }, opener);
  const shut = (back = true) => {
    place.querySelector(".menu")?.remove();
    opener.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    if (back) opener.focus();
  };
  const outside = (event) => {
    if (!place.contains(event.target)) shut(false);
  };
  const choose = (option) => {
    shut();
    press(opener, option.value);
    if (option.url) leadsOut(option.url);
  };
  function open() {
    const items = element.options.map((option) =>
      h(
        "button",
        { type: "button", role: "menuitem", tabindex: "-1", onclick: () => choose(option) },
        textNodes(option.text),
      ),
    );
    const menu = h("div", { class: "menu", role: "menu" }, items);
    arrowsMove(menu, "[role=menuitem]");
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape" || event.key === "Tab") {
        event.stopPropagation();
        shut();
      }
    });
    place.append(menu);
    opener.setAttribute("aria-expanded", "true");
    if (
      menu.getBoundingClientRect().bottom >
      place.closest(".messages, .middle")?.getBoundingClientRect().bottom
    )
      menu.classList.add("up");
    document.addEventListener("pointerdown", outside);
    focusOne(items, 0);
  }
  return place;
}

/** The options of a menu, grouped or not, as native options; people where the bot asks for a person. */
export function optionNodes(element) {
  const one = (option) => h("option", { value: option.value }, option.text.text);
  if (element.type === "users_select")
    return everybody().map((person) => h("option", { value: person.id }, person.name));
  if (element.option_groups)
    return element.option_groups.map((group) =>
      h("optgroup", { label: group.label.text }, group.options.map(one)),
    );
  return (element.options ?? []).map(one);
}

function drawSelect(element, press) {
  const label = element.accessibility_label ?? element.placeholder?.text ?? "Choose";
  const initial = element.initial_option?.value ?? element.initial_user ?? "";
  const node = h(
    "select",
    {
      class: "select",
      "aria-label": label,
      "data-action": element.action_id,
      onchange: () => node.value && press(node, node.value),
    },
    h(
      "option",
      { value: "", disabled: Boolean(initial), hidden: Boolean(initial) },
      element.placeholder?.text ?? "Choose",
    ),
    optionNodes(element),
  );
  node.value = initial;
  return node;
}
