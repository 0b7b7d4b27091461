// labels: what a run writes on boxes. Status and mark, notes, counts, bars, the chip that names the pass shown; cut to
// the room there is. Touches the elements of one box; knows nothing of where it stands.

import { s } from "../dom.js";
import { DETAIL_PX, NAME_PX } from "./text_measure.js";
import { FOLD_ROOM, INSET } from "./shapes.js";
import { timeLeft } from "../clock.js";
import { STATUS_COLORS } from "../format.js";
import { STATUS_MARKS } from "../status_colors.js";

/**
 * @typedef {import("./layout.js").GraphNode} GraphNode
 * @typedef {import("./shapes.js").StateBox} StateBox
 * @typedef {import("./shapes.js").ContainerBox} ContainerBox
 * @typedef {Partial<StatusMessage>} Status
 * @typedef {import("../status_colors.js").StatusColor|""} StatusColor "" before it is reached
 */

/** "3 ✓ 1 ✕ of 10", "" for what does not count. @param {Status} status */
function counted({ total, done = 0, failed }) {
  return total ? `${done} ✓${failed ? ` ${failed} ✕` : ""} of ${total}` : "";
}

/** "3 of 10 done · 1 failed · 2 running", "" for what does not count. @param {Status} status */
function inWords(status) {
  if (!status.total) return "";
  return [`${status.done || 0} of ${status.total} done`, status.failed && `${status.failed} failed`, status.running && `${status.running} running`]
    .filter(Boolean)
    .join(" · ");
}

/** Which machine a state starts; where it did and nothing is known of that run, so much. @param {GraphNode} node @param {Status} status */
function runs({ nested, followed }, { visits, status }) {
  return visits && !followed && status !== "running" ? `runs ${nested} · that run is not known here` : `runs ${nested}`;
}

/** What a state that waits for a time says. @param {GraphNode} node @param {string} time */
const resting = (node, time) => (node.type === "Wait" ? `${time} left` : `next try in ${time}`);

/** How items stand, with marks for words: "12 succeeded, 3 failed of 15" -> "12 ✓ 3 ✕ of 15". @param {string} words */
const marked = (words) => words.replace(/(\d) (succeeded|failed|running|caught|aborted)\b,?/g, (_, number, status) => `${number} ${MARK_OF[status]}`);
/** @type {Record<string, string>} */
const MARK_OF = { succeeded: "✓", failed: "✕", running: "●", caught: "↷", aborted: "⊘" };

/** Whether something answered a task in a run: it was reached, and did not fail because nothing was found to call. @param {Status} status */
const answered = (status) => Boolean(status.status) && !(status.note ?? "").includes("NotFound");

export class StateLabels {
  /**
   * @param {import("./text_measure.js").Ruler} ruler
   * @param {{inside: (address: string) => number, now: () => number, pass: (node: GraphNode) => {words: string, chosen: boolean}|null}} about
   *   `now`: what the machine's clock shows, in seconds since the start;
   *   `inside`: how many states a container holds; `pass`: what its chip says, null for no chip
   */
  constructor(ruler, { inside, pass, now }) {
    this.ruler = ruler;
    this.inside = inside;
    this.pass = pass;
    this.now = now;
  }

  /** Whether nothing answers a task; one that the run got an answer for is not marked, whatever the machine itself binds. @param {StateBox|ContainerBox} drawn @param {Status} status */
  unbound(drawn, status) {
    return Boolean(drawn.unbound) && !answered(status);
  }

  /** Write a status on a box. @param {StateBox|ContainerBox} drawn @param {Status} status */
  write(drawn, status) {
    const { node, group } = drawn;
    const color = STATUS_COLORS[status.status ?? ""] || "";
    const why = status.note;
    const unbound = this.unbound(drawn, status);
    group.classList.toggle("answered", Boolean(drawn.unbound) && !unbound);
    if (status.until !== undefined && status.status === "running") status = { ...status, note: resting(node, timeLeft(status.until, this.now())) };
    if (drawn.color !== color) this.#color(drawn, color);
    if (drawn.chip) this.#chip(drawn, drawn.chip, color);
    const words = drawn.box ? this.#container(drawn, status, color) : this.#state(drawn, status, color);
    const times = status.visits && status.visits > 1 ? `, ${status.visits} visits` : "";
    const again = status.retries ? `, ${status.retries} ${status.retries === 1 ? "retry" : "retries"}` : "";
    const said = `${node.name}, ${node.type}, ${words ? `${words}, ` : ""}${status.status || "not reached"}${times}${again}${unbound ? ", nothing answers this task" : ""}`;
    if (said === drawn.said) return;
    drawn.said = said;
    drawn.title.textContent = `${node.name}${words ? `\n${words}` : ""}${why && why !== status.note ? `\n${why}` : ""}${again.replace(", ", "\n")}${unbound ? "\nNothing answers this task" : ""}`;
    group.setAttribute("aria-label", said);
  }

  /** @param {StateBox|ContainerBox} drawn @param {StatusColor} color */
  #color(drawn, color) {
    const { node, group } = drawn;
    if (drawn.color) group.classList.remove(drawn.color);
    if (color) group.classList.add(color);
    drawn.color = color;
    if (color) {
      drawn.badge ??= s(
        "g.sfn-badge",
        { "aria-hidden": "true", transform: drawn.box ? `translate(${node.w - 20} 20)` : `translate(${node.w - 15} 15)` },
        s("circle.sfn-disc", { r: 7 }),
        s("path.sfn-mark"),
      );
      drawn.badge.lastElementChild?.setAttribute("d", STATUS_MARKS[color]);
      if (!drawn.badge.parentNode) group.append(drawn.badge);
    } else drawn.badge?.remove();
  }

  /** @param {string} text */
  #wide(text) {
    return this.ruler.width(text, DETAIL_PX, false);
  }

  /** @param {StateBox} drawn @param {Status} status @param {StatusColor} color */
  #state(drawn, status, color) {
    const { node } = drawn;
    const visits = node.folded
      ? ""
      : [status.visits && status.visits > 1 && `×${status.visits}`, status.retries && `↻${status.retries}`].filter(Boolean).join(" ");
    if (visits && !drawn.visits) {
      drawn.visits = s("text.sfn-detail", { y: 19.5, "text-anchor": "end" });
      drawn.group.append(drawn.visits);
    }
    if (drawn.visits) {
      drawn.visits.textContent = visits;
      drawn.visits.setAttribute("x", String(node.w - (color ? 26 : INSET)));
    }
    const count = node.folded ? counted(status) : "";
    const chip = drawn.chipWidth ? drawn.chipWidth + 6 : 0;
    const room = node.w - 2 * INSET - (color ? 16 : 0) - (node.folded ? FOLD_ROOM + chip : 0) - (visits ? this.#wide(visits) + 4 : 0);
    const within = node.folded ? this.inside(node.id) : 0;
    const holds = node.nested ? runs(node, status) : `${within} ${within === 1 ? "state" : "states"} inside`;
    const words = node.folded ? [inWords(status), status.note, holds, node.detail].filter(Boolean).join(" · ") : status.note || node.detail;
    drawn.name.textContent = this.ruler.elide(node.name, room, NAME_PX, node.folded);
    const left = node.w - 2 * INSET - drawn.room - (drawn.unbound ? 8 : 0);
    const brief = this.#wide(words) <= left ? words : node.folded ? count || status.note || holds : marked(words);
    drawn.detail.textContent = this.ruler.elide(brief, left, DETAIL_PX);
    if (drawn.bar) {
      if (count) this.#bar(drawn, drawn.bar, status);
      else drawn.bar.remove();
    }
    return words;
  }

  /** The chip that says which pass is shown; none where there is only one. @param {StateBox|ContainerBox} drawn @param {SVGElement} chip @param {StatusColor} color */
  #chip(drawn, chip, color) {
    const { node } = drawn;
    const pass = this.pass(node);
    chip.style.display = pass ? "" : "none";
    drawn.chipWidth = 0;
    if (!pass) return;
    const { words, chosen } = pass;
    drawn.chipWidth = this.#wide(words) + 30;
    chip.classList.toggle("on", chosen);
    const [shape, text, triangle] = chip.children;
    shape.setAttribute("width", String(drawn.chipWidth));
    text.textContent = words;
    text.setAttribute("x", "10");
    triangle.setAttribute("transform", `translate(${drawn.chipWidth - 12} 9)`);
    chip.setAttribute("transform", `translate(${node.w - (drawn.box ? 10 : 8) - (color ? 22 : 0) - drawn.chipWidth} ${drawn.box ? 11 : 6})`);
    chip.setAttribute("aria-label", `${words} of ${node.name}: choose which to show`);
  }

  /** @param {ContainerBox} drawn @param {Status} status @param {StatusColor} color */
  #container(drawn, status, color) {
    const { node } = drawn;
    let count = counted(status);
    const right = node.w - INSET - (color ? 20 : 0) - (drawn.chipWidth ? drawn.chipWidth + 4 : 0);
    const whole = right - drawn.start;
    const needed = Math.min(whole, this.ruler.width(node.name, NAME_PX, true));
    const takes = (/** @type {string} */ text) => (text ? this.#wide(text) + 12 : 0);
    const said = inWords(status);
    if (whole - takes(count) < needed) count = "";
    const room = whole - takes(count);
    const words = [node.nested ? runs(node, status) : node.detail, status.note].filter(Boolean).join(" · ");
    const name = this.ruler.elide(node.name, room, NAME_PX, true);
    const left = room - this.ruler.width(name, NAME_PX, true) - 16;
    drawn.name.textContent = name;
    drawn.detail.textContent = left > 84 ? this.ruler.elide(status.note || words, left, DETAIL_PX) : "";
    if (left > 40 && this.#wide(words) <= left) drawn.detail.textContent = words;
    drawn.count.textContent = count;
    drawn.count.setAttribute("x", String(right));
    if (said) this.#bar(drawn, drawn.bar, status);
    else drawn.bar.remove();
    return [words, said].filter(Boolean).join(" · ");
  }

  /** @param {StateBox|ContainerBox} drawn @param {SVGElement} bar @param {Status} status of a state that counts */
  #bar({ node, group }, bar, { total = 1, done: ended = 0, failed = 0 }) {
    const full = node.w - 2 * INSET;
    const part = (/** @type {number} */ number) => Math.min(1, number / total) * full;
    const [track, done, lost] = bar.children;
    track.setAttribute("width", String(full));
    done.setAttribute("width", String(part(ended)));
    lost.setAttribute("x", String(part(ended)));
    lost.setAttribute("width", String(Math.min(part(failed), full - part(ended))));
    if (bar.parentNode !== group) group.append(bar);
  }
}
