// runs: the runs of this machine, newest first; choosing one shows it in this widget.

import { fill, h } from "./dom.js";
import { count, duration, plural, STATUS, why } from "./format.js";

export class RunList {
  /** @param {{ask: (number: number) => Promise<PageReply>, compare: (number: number) => Promise<PageReply>}} options */
  constructor({ ask, compare }) {
    this.ask = ask;
    this.compare = compare;
    /** @type {RunMessage[]} */
    this.runs = [];
    /** @type {LiveMessage|null} */
    this.live = null;
    /** @type {number|null} the number of the run that the kernel was asked for */
    this.asked = null;
    this.note = h("span.muted", { role: "status" });
    this.filter = h("input.field", { type: "search", placeholder: "Filter by name, status or data", "aria-label": "Filter runs", oninput: () => this.#draw() });
    this.body = h("tbody");
    this.element = h(
      "div.runs",
      {},
      h("div.bar", {}, this.filter, this.note),
      h(
        "div.runbody",
        {},
        h(
          "table.runtable",
          {},
          h("caption.away", {}, "Runs of this machine"),
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              ["run", "status", "input", "result", "duration"].map((name) => h("th", { scope: "col" }, name)),
            ),
          ),
          this.body,
        ),
      ),
    );
  }

  /** @param {RunMessage[]} runs @param {LiveMessage} live */
  update(runs, live) {
    this.runs = runs;
    this.live = live;
    this.#draw();
  }

  #draw() {
    const wanted = this.filter.value.trim().toLowerCase();
    const rows = this.runs.filter((run) => !wanted || `${run.name} ${run.status} ${run.input} ${run.output} ${run.error}`.toLowerCase().includes(wanted));
    if (!this.asked) fill(this.note, wanted ? `${count(rows.length)} of ${plural(this.runs.length, "run")}` : plural(this.runs.length, "run"));
    fill(
      this.body,
      rows.map((run) => {
        const shown = this.live?.run ?? "";
        const now = run.name === shown;
        const status = STATUS[run.status] || STATUS.RUNNING;
        return h(
          `tr${now ? ".on" : ""}`,
          { "aria-current": now ? "true" : null },
          h(
            "td",
            {},
            h(
              "button.link",
              {
                type: "button",
                disabled: now,
                title: now ? "shown here" : `Show ${run.name}`,
                data: { key: `run:${run.number}` },
                onclick: () => this.#show(run),
              },
              run.name,
            ),
            !now &&
              h(
                "button.icon",
                {
                  type: "button",
                  title: `Compare ${shown} with ${run.name}`,
                  "aria-label": `Compare with ${run.name}`,
                  data: { key: `compare:${run.number}` },
                  onclick: () => this.#compareWith(run),
                },
                "≠",
              ),
          ),
          h(`td.${status.color}`, {}, h("span", { "aria-hidden": "true" }, `${status.mark} `), status.text),
          h("td.data", { title: run.input }, h("code", {}, run.input)),
          h("td.data", { title: run.error || run.output }, h("code", {}, run.error || run.output)),
          h("td.num", {}, duration(run.seconds)),
        );
      }),
    );
  }

  /** @param {RunMessage} run */
  async #compareWith(run) {
    fill(this.note, `Comparing with ${run.name} …`);
    try {
      const { found } = await this.compare(run.number);
      fill(this.note, found ? "" : "The kernel no longer has this run.");
    } catch (problem) {
      fill(this.note, why(problem));
    }
  }

  /** @param {RunMessage} run */
  async #show(run) {
    this.asked = run.number;
    fill(this.note, `Showing ${run.name} …`);
    try {
      const { found } = await this.ask(run.number);
      this.asked = null;
      fill(this.note, found ? "" : "The kernel no longer has this run.");
    } catch (problem) {
      this.asked = null;
      fill(this.note, `${why(problem)} Other runs are shown when it answers.`);
    }
  }
}
