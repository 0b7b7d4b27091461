// logs: what all states printed, in the order of time, with a filter.

import { copyButton, fill, h } from "../dom.js";
import { count, duration, plural, why } from "../format.js";

const MOST = 1000; // parts drawn at once

/**
 * @typedef {{visit: number, address: string, name: string, where: string, attempt: number, ms: number, text: string}} LogPart
 */

/** The logs in the visits of the page. @param {VisitMessage[]} visits @returns {LogPart[]} */
export function logParts(visits) {
  return visits.flatMap((visit) =>
    (visit.attempts || [])
      .filter((attempt) => attempt.logs)
      .map((attempt) => ({
        visit: visit.id,
        address: visit.address,
        name: visit.name,
        where: visit.where,
        attempt: attempt.number,
        ms: attempt.start_ms,
        text: attempt.logs,
      })),
  );
}

export class LogList {
  /** @param {{select: (address: string, visit: number) => void, ask: () => Promise<PageReply>}} options */
  constructor({ select, ask }) {
    this.select = select;
    this.ask = ask;
    /** @type {LogPart[]} */
    this.all = [];
    /** All there are, once they were asked for. @type {LogPart[]|null} */
    this.whole = null;
    /** @type {string|null} */
    this.run = null;
    this.missing = 0; // visits that are not in the page
    this.filter = h("input.field", { type: "search", placeholder: "Filter by text or state", "aria-label": "Filter logs", oninput: () => this.#draw() });
    this.countNote = h("span.muted", { role: "status" });
    this.body = h("div.logbody", { tabindex: "0", role: "log", "aria-label": "Logs of all states", "aria-live": "off" });
    this.element = h("div.logs", {}, h("div.bar", {}, this.filter, this.countNote), this.body);
  }

  /** @param {{visits: VisitMessage[], live: LiveMessage}} shown */
  update({ visits, live }) {
    if (this.run !== live.run) {
      this.run = live.run;
      this.whole = null;
    }
    this.missing = (live.visits_total ?? visits.length) - visits.length;
    this.all = (this.whole || logParts(visits)).slice().sort((a, b) => a.ms - b.ms || a.visit - b.visit || a.attempt - b.attempt);
    this.#draw();
  }

  #draw() {
    const wanted = this.filter.value.trim().toLowerCase();
    const rows = this.all.flatMap((part) => {
      const lines = part.text.replace(/\n$/, "").split("\n");
      const mine = !wanted || `${part.name} ${part.where}`.toLowerCase().includes(wanted) ? lines : lines.filter((line) => line.toLowerCase().includes(wanted));
      return mine.length ? [{ ...part, lines: mine }] : [];
    });
    const lines = rows.reduce((sum, row) => sum + row.lines.length, 0);
    fill(
      this.countNote,
      plural(lines, "line"),
      this.missing > 0 && !this.whole && ` · of the visits kept here, ${count(this.missing)} more `,
      this.missing > 0 &&
        !this.whole &&
        h(
          "button.link",
          { type: "button", data: { key: "logs:all" }, onclick: (event) => this.#load(/** @type {HTMLButtonElement} */ (event.currentTarget)) },
          "load all",
        ),
    );
    fill(
      this.body,
      rows.slice(0, MOST).map((row) =>
        h(
          "div.logpart",
          {},
          h(
            "div.loghead",
            {},
            h("span.num", {}, duration(row.ms / 1000)),
            h("button.link", { type: "button", onclick: () => this.select(row.address, row.visit) }, row.name),
            h("span.muted", {}, [row.where, row.attempt > 1 && `attempt ${row.attempt}`].filter(Boolean).join(" · ")),
            h("span.grow"),
            copyButton(() => row.text, `the log of ${row.name}`),
          ),
          h("pre.log", {}, row.lines.join("\n")),
        ),
      ),
      rows.length > MOST && h("p.quiet", {}, `The first ${count(MOST)} of ${count(rows.length)}: filter to see others.`),
      !rows.length && h("p.quiet.in", {}, this.all.length ? "No line matches." : "Nothing was printed or logged."),
    );
  }

  /** @param {HTMLButtonElement} button */
  async #load(button) {
    const { run } = this;
    button.disabled = true;
    fill(button, "asking the kernel …");
    try {
      const { logs = [] } = await this.ask();
      if (this.run !== run) return; // another run is shown by now
      this.whole = logs.map(([visit, address, name, where, attempt, ms, text]) => ({ visit, address, name, where, attempt, ms, text }));
      this.all = this.whole.slice().sort((a, b) => a.ms - b.ms || a.visit - b.visit);
      this.#draw();
    } catch (problem) {
      button.disabled = false;
      fill(button, `${why(problem)} Try again`);
    }
  }
}
