// The page's own drawings: the lamp house and a dozen signs, all strokes of this page.

const SVG = "http://www.w3.org/2000/svg";

function draw(size, box, shapes, attributes = {}) {
  const svg = document.createElementNS(SVG, "svg");
  const all = {
    width: size,
    height: size,
    viewBox: box,
    "aria-hidden": "true",
    focusable: "false",
    ...attributes,
  };
  for (const [name, value] of Object.entries(all)) svg.setAttribute(name, value);
  for (const [tag, shape] of shapes) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(shape)) node.setAttribute(name, value);
    svg.append(node);
  }
  return svg;
}

const STROKE = {
  fill: "none",
  stroke: "currentColor",
  "stroke-width": "1.7",
  "stroke-linecap": "round",
  "stroke-linejoin": "round",
};

function line(path, size = 18, more = []) {
  return draw(size, "0 0 20 20", [["path", { d: path, ...STROKE }], ...more]);
}

const HOUSE = [
  ["path", { d: "M5 12l9 2.500v4.500l-9 2zM35 12l-9 2.500v4.500l9 2z", fill: "#ffd166", opacity: ".5" }],
  ["path", { d: "M15.500 12.500h9V19h-9z", fill: "#ffd166" }],
  ["path", { d: "M14 12.500L20 7l6 5.500z", fill: "#fff" }],
  ["path", { d: "M14.500 20h11l1.500 13H13z", fill: "#fff" }],
  ["path", { d: "M13 19h14v1.800H13z", fill: "#fff" }],
];

/** The lamp house without a ground, for the band. */
export const lampHouse = (size) => draw(size, "3 5 34 30", HOUSE);

/** The lamp house on its petrol tile, for what the bot writes. */
export function lampTile(size, radius) {
  const tile = ["rect", { width: "40", height: "40", rx: String(radius), fill: "#0f3a43" }];
  return draw(size, "0 0 40 40", [tile, ...HOUSE]);
}

const circle = (r) => ["circle", { cx: "10", cy: "10", r: String(r), ...STROKE }];

export const icons = {
  clock: () => line("M10 5.500V10l3 2", 18, [circle(8)]),
  eye: () =>
    line(
      "M1.800 10S4.800 4.800 10 4.800 18.200 10 18.200 10 15.200 15.200 10 15.200 1.800 10 1.800 10z",
      17,
      [circle(2.4)],
    ),
  warning: () => line("M10 3l7.500 13.500h-15zM10 8v4M10 14.200v.1", 18),
  info: () => line("M10 9v5M10 6v.1", 18, [circle(8)]),
  up: () => line("M5 12.500l5-5 5 5", 16),
  down: () => line("M5 7.500l5 5 5-5", 16),
  right: () => line("M3.500 10h13M11.500 5l5 5-5 5", 16),
  close: () => line("M4.500 4.500l11 11M15.500 4.500l-11 11", 18),
  check: () => line("M4 10.500l4 4 8-9", 16),
  back: () => line("M12.500 4.500L7 10l5.500 5.500", 20),
  onward: () => line("M7.500 5l5 5-5 5", 16),
  wire: () => line("M3 6.500h13M13 3.500l3 3-3 3M17 13.500H4M7 10.500l-3 3 3 3", 17),
  question: () =>
    line("M7.800 8a2.300 2.300 0 1 1 3.200 2.100c-.7.300-1 .7-1 1.500v.3M10 14.100v.1", 18, [circle(8)]),
  moon: () => line("M16.500 11.800A7 7 0 1 1 8.200 3.500a5.600 5.600 0 0 0 8.300 8.300z", 17),
  sun: () =>
    line(
      "M10 2v1.600M10 16.400V18M2 10h1.600M16.400 10H18M4.300 4.300l1.200 1.200M14.500 14.500l1.200 1.200M4.300 15.700l1.200-1.200M14.500 5.500l1.200-1.200",
      18,
      [circle(3.4)],
    ),
  dots: () =>
    draw(
      18,
      "0 0 20 20",
      [4, 10, 16].map((y) => ["circle", { cx: "10", cy: String(y), r: "1.700", fill: "currentColor" }]),
    ),
  pause: () => line("M7 5v10M13 5v10", 16),
  play: () => line("M6.500 4.500l8.500 5.500-8.500 5.500z", 16),
  copy: () => line("M7 7h9v9H7zM4 13V4h9", 16),
  thread: () => line("M3.500 4.500h13v9h-8l-3.500 3v-3h-1.500z", 16),
  person: () =>
    line("M4 17c.5-4 3-5.500 6-5.500s5.500 1.500 6 5.500", 16, [
      ["circle", { cx: "10", cy: "6.500", r: "3", ...STROKE }],
    ]),
  lock: () => line("M5 9h10v8H5zM7 9V6.500a3 3 0 0 1 6 0V9", 16),
  more: () =>
    draw(
      18,
      "0 0 20 20",
      [4, 10, 16].map((x) => ["circle", { cx: String(x), cy: "10", r: "1.700", fill: "currentColor" }]),
    ),
  connected: () =>
    draw(17, "0 0 20 20", [
      ["circle", { cx: "10", cy: "10", r: "9", fill: "#fff" }],
      ["path", { d: "M5.800 10.300l3 3 5.400-6.300", ...STROKE, stroke: "#0f3a43", "stroke-width": "2.200" }],
    ]),
  starting: () =>
    draw(
      17,
      "0 0 20 20",
      [
        ["circle", { cx: "10", cy: "10", r: "8", ...STROKE, stroke: "#6f9aa2", "stroke-width": "2.400" }],
        ["path", { d: "M10 2a8 8 0 0 1 8 8", ...STROKE, stroke: "#ffd166", "stroke-width": "2.400" }],
      ],
      { class: "arc" },
    ),
  stopped: () =>
    draw(17, "0 0 20 20", [
      ["circle", { cx: "10", cy: "10", r: "8", ...STROKE, stroke: "#ffb3ac", "stroke-width": "2" }],
      ["path", { d: "M7 7l6 6M13 7l-6 6", ...STROKE, stroke: "#ffb3ac", "stroke-width": "2" }],
    ]),
};
