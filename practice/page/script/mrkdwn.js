// Slack's mrkdwn turned into nodes: bold, italic, strike, code, quotes, links, mentions, dates, escapes.

import { h } from "./dom.js";
import { emoji, known, withMarks } from "./emoji.js";
import { dateWords, shortDate, timeWords, dayWords } from "./dates.js";
import { link } from "./links.js";
import { nameOf, channelName } from "./names.js";

/** The nodes of a mrkdwn text, a line each. `verbatim` leaves bare addresses alone. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const parts = text.split("```");
  const last = parts.length - 1;
  return parts.flatMap((part, number) => {
    if (number % 2) return [h("pre", {}, decoded(part.replace(/^\n|\n$/g, "")))];
    return lines(part, verbatim, { afterCode: number > 0, beforeCode: number < last });
  });
}

function lines(text, verbatim, { afterCode, beforeCode }) {
  let trimmed = afterCode ? text.replace(/^\n/, "") : text;
  if (beforeCode) trimmed = trimmed.replace(/\n$/, "");
  if (trimmed === "") return [];
  const nodes = [];
  for (const line of trimmed.split("\n")) {
    const quoted = line.match(/^(?:&gt;|>) ?(.*)$/);
    if (!quoted) nodes.push(oneLine(inline(line, verbatim)));
    else if (nodes.at(-1)?.tagName === "BLOCKQUOTE")
      nodes.at(-1).append(oneLine(inline(quoted[1], verbatim)));
    else nodes.push(h("blockquote", {}, oneLine(inline(quoted[1], verbatim))));
  }
  return nodes;
}

/** A line of its own, so that what has changed in it can be marked. */
export const oneLine = (nodes) => h("span", { class: "line" }, nodes.length ? nodes : h("br"));

const STYLES = { "*": "b", _: "i", "~": "s" };
const EMOJI = /:([a-z0-9_+'-]+):/y;
const ADDRESS = /https?:\/\/[^\s<>|]+/y;

function inline(text, verbatim) {
  const nodes = [];
  let plain = "";
  let at = 0;
  const flush = () => {
    if (plain) nodes.push(...withMarks(decoded(plain)));
    plain = "";
  };
  while (at < text.length) {
    const found = special(text, at, verbatim);
    if (found) {
      flush();
      nodes.push(found.node);
      at = found.end;
    } else plain += text[at++];
  }
  flush();
  return nodes;
}

function special(text, at, verbatim) {
  const sign = text[at];
  if (sign === "`") return code(text, at);
  if (sign === "<") return reference(text, at);
  if (sign === ":") return namedEmoji(text, at);
  if (sign in STYLES) return styled(text, at, verbatim);
  if (sign === "h" && !verbatim) return address(text, at);
  return null;
}

function code(text, at) {
  const end = text.indexOf("`", at + 1);
  return end > at + 1 ? { node: h("code", {}, decoded(text.slice(at + 1, end))), end: end + 1 } : null;
}

function namedEmoji(text, at) {
  EMOJI.lastIndex = at;
  const found = EMOJI.exec(text);
  return found && known(found[1]) ? { node: emoji(found[1]), end: EMOJI.lastIndex } : null;
}

function address(text, at) {
  ADDRESS.lastIndex = at;
  const found = ADDRESS.exec(text);
  return found ? { node: link(decoded(found[0]), decoded(found[0])), end: ADDRESS.lastIndex } : null;
}

const WORD = /[\p{L}\p{N}]/u;

function styled(text, at, verbatim) {
  const sign = text[at];
  if (at > 0 && WORD.test(text[at - 1])) return null;
  if (!text[at + 1] || /\s/.test(text[at + 1])) return null;
  for (let end = text.indexOf(sign, at + 2); end > 0; end = text.indexOf(sign, end + 1)) {
    const closes = !/\s/.test(text[end - 1]) && !(text[end + 1] && WORD.test(text[end + 1]));
    if (closes) return { node: h(STYLES[sign], {}, inline(text.slice(at + 1, end), verbatim)), end: end + 1 };
  }
  return null;
}

function reference(text, at) {
  const end = text.indexOf(">", at);
  if (end < 0) return null;
  const [target, label] = text.slice(at + 1, end).split("|");
  return { node: referred(target, label), end: end + 1 };
}

function referred(target, label) {
  const mention = (words) => h("span", { class: "mention" }, words);
  if (target.startsWith("@"))
    return mention(`@${nameOf(target.slice(1)) ?? decoded(label ?? target.slice(1))}`);
  if (target.startsWith("#"))
    return mention(`#${channelName(target.slice(1)) ?? decoded(label ?? target.slice(1))}`);
  if (target.startsWith("!date^")) return datePart(target, label);
  if (target.startsWith("!")) return mention(`@${decoded(label ?? target.slice(1))}`);
  return link(decoded(target), decoded(label ?? target));
}

function datePart(target, label) {
  const [, seconds, format] = target.split("^");
  const instant = Number(seconds) * 1000;
  if (!Number.isFinite(instant)) return decoded(label ?? "");
  const words = {
    date: dateWords,
    date_num: shortDate,
    date_short: shortDate,
    date_pretty: dateWords,
    date_short_pretty: shortDate,
    date_long: dayWords,
    date_long_pretty: dayWords,
    time: timeWords,
    time_secs: timeWords,
  };
  return decoded(format).replace(/\{(\w+)\}/g, (whole, name) => words[name]?.(instant) ?? whole);
}

/** Slack's three escapes undone. */
export const decoded = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
