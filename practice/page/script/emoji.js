// Emoji by name: the five colours are drawn marks, silent because their word follows; others are the system's.

import { h } from "./dom.js";

const MARKS = {
  red_circle: "red",
  large_orange_circle: "amber",
  orange_circle: "amber",
  large_green_circle: "green",
  green_circle: "green",
  large_blue_circle: "blue",
  blue_circle: "blue",
  white_circle: "white",
};

const SYSTEM = {
  hourglass_flowing_sand: "⏳",
  hourglass: "⌛",
  warning: "⚠️",
  white_check_mark: "✅",
  x: "❌",
  bell: "🔔",
  calendar: "📅",
  memo: "📝",
  information_source: "ℹ️",
  lock: "🔒",
  eyes: "👀",
  thumbsup: "👍",
  "+1": "👍",
  wave: "👋",
  arrow_right: "➡️",
  bar_chart: "📊",
  heavy_check_mark: "✔️",
  exclamation: "❗",
  question: "❓",
  tada: "🎉",
  pray: "🙏",
  clap: "👏",
  smile: "😄",
  slightly_smiling_face: "🙂",
  pushpin: "📌",
  paperclip: "📎",
  clipboard: "📋",
  alarm_clock: "⏰",
  arrow_left: "⬅️",
  link: "🔗",
  rotating_light: "🚨",
  black_circle: "⚫",
  large_yellow_circle: "🟡",
  large_purple_circle: "🟣",
};

/** Whether there is a picture for this name. */
export const known = (name) => name in MARKS || name in SYSTEM;

/** The mark or character of a name; an unknown name stays between its colons. */
export function emoji(name) {
  if (name in MARKS) return h("span", { class: `mark ${MARKS[name]}`, "aria-hidden": "true" });
  return name in SYSTEM ? h("span", { class: "emoji" }, SYSTEM[name]) : `:${name}:`;
}

const CHARACTERS = {
  "🔴": "red_circle",
  "🟠": "large_orange_circle",
  "🟢": "large_green_circle",
  "🔵": "large_blue_circle",
  "⚪": "white_circle",
};

/** Text in which the five coloured circles, typed as characters, are drawn as marks too. */
export function withMarks(text) {
  return text
    .split(/(🔴|🟠|🟢|🔵|⚪)\uFE0F?/u)
    .filter(Boolean)
    .map((part) => (part in CHARACTERS ? emoji(CHARACTERS[part]) : part));
}
