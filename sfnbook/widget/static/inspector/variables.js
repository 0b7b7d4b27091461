// variables: the variables and the Context object as a state saw them when it was entered.

import { fill, h } from "../dom.js";
import { bytes, duration } from "../format.js";
import { JsonTree } from "./json.js";

/** In which line of states a variable lives: a visit assigns in its own, and lines inside it see it. */
/** @param {VisitMessage|undefined} visit */
const where = (visit) => visit?.where || "execution";

/**
 * The visits in the page that gave a variable a value before a visit saw it, the latest first.
 * @param {VisitMessage[]} visits @param {VisitMessage} visit @param {string} name of the variable
 */
export function history(visits, visit, name) {
  const sees = (/** @type {string} */ frame) => frame === "" || visit.frame === frame || visit.frame.startsWith(`${frame}/`);
  return visits
    .filter(
      (one) =>
        one.id < visit.id &&
        one.end_ms !== null &&
        sees(one.frame) &&
        name in (one.assigned || {}) &&
        !visit.frame
          .split("/")
          .some(
            (step, depth, steps) =>
              step && Number(step.split(".")[0]) > one.id && one.frame === steps.slice(0, depth).join("/") && holds(visits, one, Number(step.split(".")[0])),
          ),
    )
    .reverse();
}

/** Whether a visit is the Parallel or Map that began with an event. @param {VisitMessage[]} visits @param {VisitMessage} one @param {number} started */
function holds(visits, one, started) {
  const next = visits.find((other) => other.id > one.id && other.frame === one.frame);
  return one.id < started && (!next || next.id > started) && (one.type === "Parallel" || one.type === "Map");
}

/** The Context object as text: what all states see alike is in `live`, the execution's input last. @param {VisitMessage} visit @param {LiveMessage} live */
export function contextText(visit, live) {
  const own = visit.context?.text || "{}";
  const shared = live.context && !live.context.cut ? live.context.text : "{}";
  const input = live.input && !live.input.cut ? live.input.text : JSON.stringify("… see the execution's input");
  const marked = shared.replace(/^\{"Execution":\{/, (start) => `${start}"Input":${input}${shared.startsWith('{"Execution":{}') ? "" : ","}`);
  if (visit.context?.cut || own === "{}") return marked;
  return marked === "{}" ? own : `${marked.slice(0, -1)},${own.slice(1)}`;
}

/**
 * @param {{visit: VisitMessage, visits: VisitMessage[], live: LiveMessage, select: (address: string, visit: number) => void, trees: JsonTree[]}} shown
 * @returns {HTMLElement[]}
 */
export function scopeParts({ visit, visits, live, select, trees }) {
  const byId = new Map(visits.map((one) => [one.id, one]));
  const tree = (/** @type {string} */ text, /** @type {string} */ label) => {
    const made = new JsonTree({ text, label });
    trees.push(made);
    return made.element;
  };
  const link = (/** @type {number|null} */ id) => {
    const giver = byId.get(id ?? -1);
    return giver
      ? h("button.link", { type: "button", onclick: () => select(giver.address, giver.id) }, giver.name)
      : h("span.muted", {}, id ? `visit ${id}` : "before this run");
  };
  const variables = Object.entries(visit.variables || {}).map(([name, { value, by }]) => {
    const earlier = history(visits, visit, name).filter((one) => one.id !== by);
    return h(
      "div.variable",
      {},
      h(
        "div.vhead",
        {},
        h("code.k", {}, `$${name}`),
        h("span.muted", {}, ` ${where(byId.get(by ?? -1))} · by `),
        link(by),
        h("span.muted", {}, ` · ${bytes(value.bytes)}`),
      ),
      tree(value.text, `$${name}`),
      earlier.length > 0 &&
        h(
          "details.earlier",
          {},
          h("summary", {}, `${earlier.length} earlier ${earlier.length === 1 ? "value" : "values"}`),
          h(
            "ol",
            {},
            earlier
              .slice(0, 50)
              .map((one) =>
                h("li", {}, link(one.id), h("span.muted", {}, ` at ${duration(one.start_ms / 1000)} `), h("code", {}, brief(one.assigned[name].text))),
              ),
          ),
        ),
    );
  });
  const body = h("div.sbody");
  fill(body, tree(contextText(visit, live), "Context object"));
  return [
    h(
      "section.stage",
      { "aria-label": "Variables on entry" },
      h("div.shead", {}, h("span.stitle", {}, "variables"), h("code", {}, "as the state saw them on entry")),
      variables.length ? h("div.sbody", {}, variables) : h("p.quiet.in", {}, "None was set when this state was entered."),
    ),
    h(
      "section.stage",
      { "aria-label": "Context object" },
      h("div.shead", {}, h("span.stitle", {}, "Context object"), h("code", {}, "$$ · $states.context")),
      body,
    ),
  ];
}

/** @param {string} text */
const brief = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
