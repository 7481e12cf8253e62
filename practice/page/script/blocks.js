// Slack's blocks turned into nodes: every kind a bot may send, and a plain word for those not drawn here.

import { h } from "./dom.js";
import { withMarks } from "./emoji.js";
import { chart, table } from "./figures.js";
import { mrkdwn } from "./mrkdwn.js";
import { richText } from "./rich_text.js";
import { pressable } from "./pressable.js";

/** The nodes of blocks. `press` is told (block, element, value) of what a person presses. */
export const drawBlocks = (blocks, press) => blocks.map((block) => drawBlock(block, press));

/** A text object's nodes. */
export function textNodes(text) {
  if (!text) return [];
  return text.type === "mrkdwn" ? mrkdwn(text.text, { verbatim: text.verbatim }) : withMarks(text.text);
}

function drawBlock(block, press) {
  const draw = KINDS[block.type] ?? notDrawn;
  const node = draw(block, press);
  if (block.block_id) node.dataset.block = block.block_id;
  return node;
}

const KINDS = {
  header: (block) => h("h3", { class: "block header bot-header" }, textNodes(block.text)),
  divider: () => h("hr", { class: "block divider" }),
  rich_text: (block) => h("div", { class: "block rich" }, richText(block)),
  markdown: (block) => h("div", { class: "block" }, mrkdwn(block.text ?? "")),
  context: (block) =>
    h(
      "div",
      { class: "block context" },
      (block.elements ?? []).map((part) =>
        h("span", {}, part.type === "image" ? `[${part.alt_text}]` : textNodes(part)),
      ),
    ),
  actions: (block, press) =>
    h(
      "div",
      { class: "block actions" },
      (block.elements ?? []).map((element) => pressable(block, element, press)),
    ),
  image: (block) =>
    h(
      "div",
      { class: "block unknown" },
      h("b", {}, "Picture"),
      ` ${block.title?.text ?? ""} ${block.alt_text ?? ""}`,
    ),
  section: drawSection,
  data_visualization: chart,
  table,
};

function drawSection(block, press) {
  const accessory =
    block.accessory && h("div", { class: "accessory" }, pressable(block, block.accessory, press));
  const fields =
    block.fields &&
    h(
      "div",
      { class: "fields" },
      block.fields.map((field) => h("div", {}, textNodes(field))),
    );
  return h(
    "div",
    { class: "block section" },
    h("div", { class: "text" }, textNodes(block.text), fields),
    accessory,
  );
}

function notDrawn(block) {
  return h(
    "div",
    { class: "block unknown" },
    h("b", {}, `A block of the kind “${block.type}”`),
    " is not drawn here.",
  );
}
