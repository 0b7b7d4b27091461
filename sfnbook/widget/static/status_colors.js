// status_colors: a status as a colour's name and a mark. Colour means status and nothing else, and never stands alone.

import { s } from "./dom.js";

/** @typedef {import("./format.js").StatusColor} StatusColor */

/** @type {Record<StatusColor, string>} */
export const STATUS_MARKS = {
  run: "M0 -3.6A3.6 3.6 0 1 1 -3.6 0",
  ok: "M-3.2 .2L-1 2.5 3.3 -2.2",
  bad: "M-2.7 -2.7L2.7 2.7M2.7 -2.7L-2.7 2.7",
  caught: "M0 -3.8V.8M0 3.2V3.7",
  gone: "M-3.2 0H3.2",
  held: "M-1.7 -3V3M1.7 -3V3",
};

/** A status mark on its disc, as a legend shows it. @param {StatusColor} color */
export function swatch(color) {
  return s(`svg.sfn-swatch.${color}`, { viewBox: "-8 -8 16 16" }, s("circle.sfn-disc", { r: "7" }), s("path.sfn-mark", { d: STATUS_MARKS[color] }));
}
