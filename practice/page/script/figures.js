// Charts drawn as bars with their values and words, and tables as real tables: both can be read aloud.

import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { richText } from "./rich_text.js";

const MARK_OF = {
  red: "red_circle",
  amber: "large_orange_circle",
  white: "white_circle",
  green: "large_green_circle",
  blue: "large_blue_circle",
};

/** A data_visualization block: a group of bars for each category, a bar for each series. */
export function chart(block) {
  const { series, categories } = plain(block.chart ?? {});
  const highest = Math.max(1, ...series.flatMap((one) => Object.values(one.values)));
  const marked = categories.every((name) => name.toLowerCase() in MARK_OF);
  return h(
    "figure",
    { class: "block chart" },
    h("figcaption", {}, block.title ?? "Chart"),
    series.length > 1 && h("div", { class: "legend", "aria-hidden": "true" }, series.map(legend)),
    h(
      "dl",
      {},
      categories.map((name) => [
        h("dt", {}, marked && emoji(MARK_OF[name.toLowerCase()]), h("span", {}, name)),
        h(
          "dd",
          {},
          series.map((one, number) => bar(one, number, series.length, one.values[name], highest)),
        ),
      ]),
    ),
  );
}

/** The same shape for every kind of chart: series with a value for each category. */
function plain(given) {
  const lists = given.series ?? [{ name: "", data: given.segments ?? [] }];
  const series = lists.map((one) => ({
    name: one.name ?? "",
    values: Object.fromEntries((one.data ?? []).map(({ label, value }) => [label, value])),
  }));
  const found = series.flatMap((one) => Object.keys(one.values));
  return { series, categories: given.axis_config?.categories ?? [...new Set(found)] };
}

const shade = (number, count) => (count > 1 && number < count - 1 ? `earlier shade-${number % 3}` : "latest");

const legend = (one, number, all) =>
  h("span", {}, h("i", { class: `key ${shade(number, all.length)}` }), one.name);

function bar({ name }, number, count, value, highest) {
  if (value === undefined) return null;
  const drawn = h("i", { class: "bar", "aria-hidden": "true" });
  drawn.style.setProperty("--part", Math.max(0, value) / highest);
  const said = name && h("span", { class: "aloud" }, `${name}: `);
  return h(
    "div",
    { class: `measure ${shade(number, count)}` },
    drawn,
    h("span", { class: "value" }, said, String(value), h("span", { class: "aloud" }, ". ")),
  );
}

/** A table block: its first row is the head, columns stand as the bot asks. */
export function table(block) {
  const [head = [], ...rows] = block.rows ?? [];
  const side = (number) => block.column_settings?.[number]?.align ?? "left";
  const cells = (tag, row, more) =>
    row.map((one, number) => h(tag, { class: `to-${side(number)}`, ...more }, cell(one)));
  return h(
    "div",
    { class: "block table", role: "region", "aria-label": "Table", tabindex: "0" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, cells("th", head, { scope: "col" }))),
      h(
        "tbody",
        {},
        rows.map((row) => h("tr", {}, cells("td", row))),
      ),
    ),
  );
}

const cell = (one) => one?.text ?? (one?.elements ? richText(one) : String(one?.value ?? ""));
