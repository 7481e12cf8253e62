// Slack's rich_text turned into nodes: paragraphs, lists, quotes and code, with words exactly as typed.

import { h } from "./dom.js";
import { emoji, withMarks } from "./emoji.js";
import { dateWords, timeWords } from "./dates.js";
import { link } from "./links.js";
import { oneLine } from "./mrkdwn.js";
import { nameOf, channelName } from "./names.js";

/** The nodes of a rich_text block. */
export const richText = (block) => (block.elements ?? []).map(part);

function part(element) {
  if (element.type === "rich_text_list") return list(element);
  if (element.type === "rich_text_quote") return h("blockquote", {}, asLines(element.elements));
  if (element.type === "rich_text_preformatted")
    return h(
      "pre",
      {},
      (element.elements ?? []).map((piece) => piece.text ?? piece.url ?? ""),
    );
  return h("div", { class: "paragraph" }, asLines(element.elements));
}

function list(element) {
  const tag = element.style === "ordered" ? "ol" : "ul";
  const node = h(
    tag,
    { start: element.offset ? element.offset + 1 : null },
    (element.elements ?? []).map((item) => h("li", {}, asLines(item.elements))),
  );
  if (element.indent) node.style.marginLeft = `${element.indent * 24}px`;
  return node;
}

/** Pieces laid out in lines: a line break in a text begins a new one. */
function asLines(elements = []) {
  const lines = [[]];
  for (const element of elements) {
    const texts = element.type === "text" ? element.text.split("\n") : [null];
    texts.forEach((text, number) => {
      if (number > 0) lines.push([]);
      const node = text === null ? piece(element) : text && styled(withMarks(text), element.style);
      if (node) lines.at(-1).push(node);
    });
  }
  if (lines.length > 1 && lines.at(-1).length === 0) lines.pop();
  return lines.map((nodes) => oneLine(nodes.flat()));
}

function piece(element) {
  const mention = (words) => h("span", { class: "mention" }, words);
  switch (element.type) {
    case "emoji":
      return emoji(element.name);
    case "link":
      return styled([link(element.url, element.text || element.url)], element.style);
    case "user":
      return mention(`@${nameOf(element.user_id) ?? element.user_id}`);
    case "channel":
      return mention(`#${channelName(element.channel_id) ?? element.channel_id}`);
    case "broadcast":
      return mention(`@${element.range}`);
    case "date":
      return `${dateWords(element.timestamp * 1000)}, ${timeWords(element.timestamp * 1000)}`;
    default:
      return element.text ?? `[${element.type}]`;
  }
}

const STYLES = [
  ["code", "code"],
  ["bold", "b"],
  ["italic", "i"],
  ["strike", "s"],
];

function styled(nodes, style = {}) {
  return STYLES.reduce((inner, [name, tag]) => (style[name] ? [h(tag, {}, inner)] : inner), nodes);
}
