// comparison: one state, or the execution, of two runs: its figures and each stage in two columns, the difference marked in
// the value. Knows two visits; not which runs they are of.

import { fill, h } from "../dom.js";
import { count, duration, money, plural } from "../format.js";
import { JsonTree } from "./json.js";

/** Two runs are never alike in these. */
const EXPECTED = new Set(["run", "took"]);
/** @typedef {import("../dom.js").Kid} Kid */
/** @typedef {[name: string, a: string|null, b: string|null]} Figure of both runs; null where a run was not there */

/** @param {VisitMessage} visit */
const took = (visit) => (visit.end_ms === null ? "still running" : duration((visit.end_ms - visit.start_ms) / 1000));

/**
 * @typedef {(side: "a"|"b", visit: VisitMessage|null, stage: string, value: Value) => {value: Value, more: Kid}} Whole
 *   a value of one of the runs, the whole of it where that was loaded; `more`: what loads it
 *
 * @param {VisitMessage|null} a @param {VisitMessage|null} b null where a run was not there
 * @param {JsonTree[]} trees those that are shown @param {Whole} whole @returns {Kid[]}
 */
export function visitParts(a, b, trees, whole) {
  const fact = (/** @type {string} */ name, /** @type {(visit: VisitMessage) => string} */ of) => /** @type {Figure} */ ([name, a && of(a), b && of(b)]);
  const names = [...new Set([...(a?.stages || []), ...(b?.stages || [])].map((stage) => stage.name))];
  const stage = (/** @type {VisitMessage|null} */ visit, /** @type {string} */ name) => visit?.stages?.find((one) => one.name === name)?.value;
  return [
    figures([
      fact("status", (visit) => visit.status),
      fact("error", (visit) => visit.error || ""),
      fact("attempts", (visit) => count(visit.attempts?.length || 0)),
      fact("then", (visit) => visit.next || ""),
      fact("took", took),
    ]),
    ...names.map((name) => pair(name, stage(a, name), stage(b, name), trees, (side, value) => whole(side, side === "a" ? a : b, name, value))),
  ];
}

/**
 * @param {LiveMessage} a @param {LiveMessage} b @param {import("../compare.js").Comparison} compared what `compareRuns` found
 * @param {(address: string) => string} name @param {(address: string) => void} select
 * @param {JsonTree[]} trees those that are shown @param {Whole} whole @returns {Kid[]}
 */
export function runParts(a, b, compared, name, select, trees, whole) {
  const price = (/** @type {LiveMessage} */ live) => (live.cost ? money(live.cost.standard) : "");
  const different = [...compared.states].filter(([, state]) => state.only || state.differs);
  return [
    figures([
      ["run", a.run, b.run],
      ["status", a.status, b.status],
      ["error", a.error || "", b.error || ""],
      ["took", duration(a.seconds), duration(b.seconds)],
      ["transitions", count(a.transitions), count(b.transitions)],
      ["cost", price(a), price(b)],
    ]),
    different.length > 0 &&
      h(
        "section.stage",
        { "aria-label": "States that differ" },
        h("div.shead", {}, h("span.stitle", {}, `${plural(different.length, "state")} ${different.length === 1 ? "differs" : "differ"}`)),
        h(
          "ul.cstates",
          {},
          different
            .slice(0, 200)
            .map(([address, state]) =>
              h(
                "li",
                {},
                h("button.link", { type: "button", data: { key: `cmp:${address}` }, onclick: () => select(address) }, name(address)),
                h("span.muted", {}, state.only ? ` only in ${state.only.toUpperCase()}` : " ≠"),
              ),
            ),
        ),
      ),
    ...["input", "output"].map((stage) => {
      const of = (/** @type {LiveMessage} */ live) => (stage === "input" ? live.input : live.output);
      return pair(stage, of(a), of(b), trees, (side, value) => whole(side, null, stage, value));
    }),
  ];
}

/** @param {Figure[]} rows */
function figures(rows) {
  return h(
    "table.cfacts",
    {},
    h("caption.away", {}, "Figures of both"),
    h("thead", {}, h("tr", {}, h("td"), h("th.ca", { scope: "col" }, "A"), h("th.cb", { scope: "col" }, "B"))),
    h(
      "tbody",
      {},
      rows
        .filter(([, a, b]) => a || b)
        .map(([name, a, b]) =>
          h(
            `tr${a === b || EXPECTED.has(name) ? "" : ".chg"}`,
            {},
            h("th", { scope: "row" }, name),
            h("td", {}, a ?? "not there"),
            h("td", {}, b ?? "not there"),
          ),
        ),
    ),
  );
}

/**
 * A stage in two columns; folded where both are the same.
 * @param {string} name @param {Value|undefined} first of A @param {Value|undefined} second of B @param {JsonTree[]} trees
 * @param {(side: "a"|"b", value: Value) => {value: Value, more: Kid}} whole
 */
function pair(name, first, second, trees, whole) {
  if (!first && !second) return null;
  const [ours, theirs] = [first && whole("a", first), second && whole("b", second)];
  const [a, b] = [ours?.value, theirs?.value];
  const alike = a && b && a.text === b.text && a.bytes === b.bytes;
  const same = alike && !a.cut;
  const column = (/** @type {"a"|"b"} */ side, /** @type {Value|undefined} */ value, /** @type {Value|undefined} */ before, /** @type {Kid} */ more) => {
    if (!value) return h(`div.ccol.c${side}`, {}, h("span.muted", {}, `not in ${side.toUpperCase()}`));
    const tree = new JsonTree({ text: value.text, before: before?.text ?? null, beforeCut: Boolean(before?.cut), label: `${name} in ${side.toUpperCase()}` });
    trees.push(tree);
    return h(`div.ccol.c${side}`, {}, h("b", { "aria-hidden": "true" }, side.toUpperCase()), tree.element, more);
  };
  const body = h("div.ccols");
  const toggle = h(
    "button.stitle",
    {
      type: "button",
      "aria-expanded": String(!same),
      data: { key: `cmp-stage:${name}` },
      onclick: () => {
        body.hidden = !body.hidden;
        toggle.setAttribute("aria-expanded", String(!body.hidden));
      },
    },
    h("span.jtw"),
    name,
  );
  body.hidden = Boolean(same);
  fill(body, column("a", a, undefined, ours?.more), column("b", b, a, theirs?.more));
  return h(
    "section.stage",
    { "aria-label": `${name} of both` },
    h("div.shead", {}, toggle, h("code", {}, same ? "the same" : alike ? "alike in what is here" : a && b ? "≠" : `only in ${a ? "A" : "B"}`)),
    body,
  );
}
