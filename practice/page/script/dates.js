// British dates and times, always by the London clock.

const zone = { timeZone: "Europe/London" };
const formats = {
  day: new Intl.DateTimeFormat("en-GB", {
    ...zone,
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  }),
  weekday: new Intl.DateTimeFormat("en-GB", { ...zone, weekday: "long" }),
  date: new Intl.DateTimeFormat("en-GB", { ...zone, day: "numeric", month: "long", year: "numeric" }),
  short: new Intl.DateTimeFormat("en-GB", { ...zone, day: "numeric", month: "short", year: "numeric" }),
  time: new Intl.DateTimeFormat("en-GB", { ...zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  seconds: new Intl.DateTimeFormat("en-GB", {
    ...zone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }),
};

/** "20 November 2026". */
export const dateWords = (instant) => formats.date.format(new Date(instant));
/** "20 Nov 2026". */
export const shortDate = (instant) => formats.short.format(new Date(instant)).replace("Sept", "Sep");
/** "Friday". */
export const weekdayOf = (instant) => formats.weekday.format(new Date(instant));
/** "Friday 20 November 2026". */
export const dayWords = (instant) => `${weekdayOf(instant)} ${dateWords(instant)}`;
/** "16:40". */
export const timeWords = (instant) => formats.time.format(new Date(instant));
/** "16:40:03". */
export const secondsWords = (instant) => formats.seconds.format(new Date(instant));
/** "Friday 20 November 2026, 16:40". */
export const instantWords = (instant) => `${dayWords(instant)}, ${timeWords(instant)}`;

/** "Fri 20 Nov 2026, 16:40". */
export const shortInstant = (instant) =>
  `${weekdayOf(instant).slice(0, 3)} ${shortDate(instant)}, ${timeWords(instant)}`;

/** The words of a date in a date field: "Thursday 12 November 2026"; empty when there is none. */
export function fieldDateWords(value) {
  return /^\d{4}-\d{2}-\d{2}$/.test(value) ? dayWords(`${value}T12:00:00Z`) : "";
}
