// lineage_panel: the small panel that says where a value came from and who used it. Every line leads to its state's visit.

import { fill, glyph, h } from "../dom.js";
import { count, elide, why } from "../format.js";
import { pathText, placeText, shortened } from "./lineage.js";

/**
 * @typedef {import("./lineage.js").Spot} Spot
 * @typedef {{through: HopMessage[], depth: number, path: PathMessage}} Carried states that only carried a value along
 */

/** @type {Record<string, string>} */
const NAMES = {
  output: "output",
  input: "input",
  assigned: "Assign",
  variables: "variable",
  context: "Context object",
  errorOutput: "error output",
  decision: "decision",
  read: "",
};

export class LineagePanel {
  /**
   * @param {{go: (hop: HopMessage) => void, close: (focus: boolean) => void,
   *   ask: (spot: Spot) => Promise<LineageMessage|null|undefined>}} options `close`: it was hidden; `focus`: by a key or click in it
   */
  constructor({ go, close, ask }) {
    /** What is shown. @type {Spot|null} */
    this.spot = null;
    this.idle = false; // nobody used it
    this.go = go;
    this.close = close;
    this.ask = ask;
    this.title = h("b");
    this.body = h("div.obody", { tabindex: "0", role: "group", "aria-label": "Its way" });
    this.element = h(
      "section.lineage",
      {
        hidden: true,
        "aria-label": "Where it came from",
        onkeydown: (event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            this.hide(true);
          }
        },
      },
      h(
        "div.ohead",
        {},
        this.title,
        h("span.grow"),
        h(
          "button.icon",
          { type: "button", title: "Close", "aria-label": "Close where it came from", data: { key: "lineage:close" }, onclick: () => this.hide(true) },
          glyph("cross"),
        ),
      ),
      this.body,
    );
  }

  get open() {
    return !this.element.hidden;
  }

  /**
   * @param {Spot} spot
   * @param {import("./lineage.js").Trace} trace
   * @param {string} name of the state, "" for the execution
   */
  async show(spot, trace, name) {
    this.spot = spot;
    this.element.hidden = false;
    fill(
      this.title,
      h("code", {}, elide(placeText(spot), 60)),
      h("span.muted", {}, ` in the ${NAMES[spot.stage] || spot.stage} of ${name || "the execution"}`),
    );
    if (!trace.some) {
      fill(this.body, h("p.quiet", {}, "This run was recorded without the links between its values."));
      return;
    }
    const { hops, whole } = trace.back(spot);
    this.idle = trace.isUsed(spot) === false;
    this.#draw(hops, trace.forward(spot), whole ? null : "Some states on the way are not in the page; asking the kernel …");
    if (whole && !trace.partial) return;
    try {
      const answer = await this.ask(spot);
      if (this.spot === spot && answer) this.#draw(answer.hops, answer.uses, answer.cut ? "This is the nearest part of the way." : null);
    } catch (problem) {
      if (this.spot === spot) this.#draw(hops, trace.forward(spot), `${why(problem)} This is what the page knows.`);
    }
  }

  /** @param {HopMessage[]} hops @param {HopMessage[]} uses @param {string|null} note */
  #draw(hops, uses, note) {
    const way = carried(shortened(hops).filter((hop, i) => i > 0 || hop.by || hop.how !== "copy"));
    const last = uses.at(-1);
    fill(
      this.body,
      note && h("p.onote", { role: "status" }, note),
      h("h4", { "aria-level": "3" }, "came from"),
      h(
        "ol.hops",
        {},
        way.map((hop) => ("through" in hop ? this.#carried(hop) : this.#line(hop))),
      ),
      h("h4", { "aria-level": "3" }, "used by"),
      this.idle
        ? h("p.quiet", {}, last ? `nobody; it was only carried as far as ${last.name || "the end"}` : "nobody")
        : uses.length
          ? h(
              "ol.hops",
              {},
              this.#uses(uses).map((hop) => this.#line(hop, true)),
            )
          : h("p.quiet", {}, "nobody so far"),
    );
  }

  /** Of the ways on: where something was done with the value, or it got another name or place. @param {HopMessage[]} uses */
  #uses(uses) {
    const told = uses.filter((hop, i) => hop.how !== "copy" || hop.by || hop.visit === 0 || uses[i + 1] === undefined || uses[i + 1].depth < hop.depth);
    return told.length > 60 ? told.slice(0, 60) : told;
  }

  /** States that a value only passed through. @param {Carried} group */
  #carried(group) {
    const names = group.through.length > 6 ? [...group.through.slice(0, 3), null, ...group.through.slice(-2)] : group.through;
    return h(
      "li.hop.copy",
      { style: `--depth:${Math.min(group.depth, 8)}`, "aria-level": group.depth + 1 },
      h("span.muted", {}, "carried as "),
      h("code", {}, elide(pathText(group.path), 48)),
      h("span.muted", {}, " through "),
      names.map((hop, i) => [
        i > 0 && h("span.muted", {}, " ← "),
        hop === null ? h("span.muted", {}, `${count(group.through.length - 5)} more`) : this.#link(hop),
      ]),
    );
  }

  /** @param {HopMessage} hop */
  #link(hop) {
    const name = hop.visit === 0 ? "Execution" : hop.name || `visit ${hop.visit}`;
    return h(
      "button.link",
      { type: "button", disabled: hop.visit !== 0 && !hop.address, title: hop.where ? `${name} (${hop.where})` : name, onclick: () => this.go(hop) },
      elide(name, 28),
    );
  }

  /** @param {HopMessage} hop */
  #line(hop, forward = false) {
    return h(
      `li.hop.${hop.how}`,
      { style: `--depth:${Math.min(hop.depth, 8)}`, "aria-level": hop.depth + 1 },
      this.#link(hop),
      hop.where && h("span.muted", {}, ` ${elide(hop.where, 24)}`),
      h("span.muted", {}, ` ${NAMES[hop.stage] ?? hop.stage} `),
      !SILENT.has(hop.stage) && h("code", {}, elide(placeText(hop), 64)),
      hop.without?.length > 0 && h("span.muted", { title: hop.without.map(pathText).join(", ") }, ` without ${count(hop.without.length)} replaced`),
      h("span.ohow", {}, said(hop, forward)),
    );
  }

  hide(focus = false) {
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.spot = null;
    this.close(focus);
  }
}

/** Put the states together that one after the other only carried a value along, under one name. @param {HopMessage[]} hops */
function carried(hops) {
  /** @type {(HopMessage|Carried)[]} */
  const found = [];
  for (const hop of hops) {
    const last = found.at(-1);
    const plain = hop.how === "copy" && !hop.by && hop.stage === "output" && !hop.without?.length;
    if (plain && last && "through" in last && last.depth === hop.depth && pathText(last.path) === pathText(hop.path)) last.through.push(hop);
    else found.push(plain ? { through: [hop], depth: hop.depth, path: hop.path } : hop);
  }
  return found;
}

const SILENT = new Set(["decision", "read"]);

/** What happened there, in a few words. @param {HopMessage} hop @param {boolean} forward */
function said(hop, forward) {
  switch (hop.how) {
    case "copy":
      return hop.by ? ` ${forward ? "by" : "←"} ${hop.by}` : "";
    case "task":
      return forward ? ` passed to ${hop.by}` : ` ← made by ${hop.by}`;
    case "made":
      return ` ← ${hop.by}${forward ? "" : ", made of:"}`;
    case "opaque":
      return ` ← ${hop.by}${forward ? "" : " (opaque: may have used:)"}`;
    case "constant":
      return ` ← written in the definition (${hop.by})`;
    case "gathered":
      return ` ← ${hop.by}`;
    case "chosen":
      return ` decided ${hop.by}`;
    case "error":
      return ` ← the error ${hop.by}`;
    case "outside":
      return ` ← ${hop.by || "not recorded"}`;
    case "origin":
      return " where the execution began";
    case "again":
      return " see above";
    case "read":
      return ` ${hop.by}`;
    default:
      return "";
  }
}
