// meters: what a run would cost on AWS, and how near it came to AWS's limits.

import { h } from "../dom.js";
import { bytes, count, duration, money, plural } from "../format.js";

const LIMIT = 262144;
const EVENTS = 25000;
const EXPRESS_SECONDS = 300;

/** @typedef {import("../dom.js").Kid} Kid */

/**
 * @param {{machine: MachineMessage, live: LiveMessage, visits: VisitMessage[], select: (address: string|null, visit?: number) => void}} shown
 * @returns {Kid[]}
 */
export function meters({ machine, live, visits, select }) {
  const { cost, largest } = live;
  const at = largest && visits.find((visit) => visit.id === largest.visit);
  return [
    h(
      "section.stage",
      { "aria-label": "Limits" },
      h("div.shead", {}, h("span.stitle", {}, "Limits"), h("code", {}, "Step Functions quotas")),
      h(
        "div.gauges",
        {},
        gauge(
          "History events",
          live.events || 0,
          EVENTS,
          count,
          machine.type === "EXPRESS" ? "Express has no such limit" : "AWS ends a Standard execution at the limit",
        ),
        largest &&
          gauge(
            "Largest payload",
            largest.bytes,
            LIMIT,
            bytes,
            at
              ? [`${largest.stage} of `, h("button.link", { type: "button", data: { key: "largest" }, onclick: () => select(at.address, at.id) }, at.name)]
              : largest.stage,
          ),
        machine.type === "EXPRESS" && gauge("Duration", live.seconds || 0, EXPRESS_SECONDS, duration, "an Express execution ends after five minutes"),
      ),
    ),
    cost &&
      h(
        "section.stage",
        { "aria-label": "Cost" },
        h("div.shead", {}, h("span.stitle", {}, "Cost on AWS"), h("code", {}, "estimated, one execution")),
        bill(machine, live, cost),
        h("p.quiet.in", {}, note(machine.prices)),
      ),
    edges(machine, live),
  ];
}

/** The bytes that went over each edge the last time, the most first. @param {MachineMessage} machine @param {LiveMessage} live */
function edges(machine, live) {
  const named = (/** @type {string} */ id) => machine.states[id]?.name ?? (id === "<start>" ? "Start" : id === "<end>" ? "End" : id);
  const sizes = live.edge_bytes || {};
  const all = (machine.graph?.edges || [])
    .filter((edge) => edge.id in sizes)
    .map((edge) => ({ n: sizes[edge.id], edge, times: live.edges?.[edge.id] || 0 }))
    .sort((a, b) => b.n - a.n);
  if (!all.length) return null;
  return h(
    "section.stage",
    { "aria-label": "Bytes on the edges" },
    h("div.shead", {}, h("span.stitle", {}, "Bytes on the edges"), h("code", {}, `the last time, of ${count(LIMIT)}`)),
    h(
      "div.edges",
      {},
      h(
        "table.bill",
        {},
        h("caption.away", {}, "Bytes that went over each edge"),
        h(
          "thead.away",
          {},
          h(
            "tr",
            {},
            ["edge", "times", "bytes"].map((name) => h("th", { scope: "col" }, name)),
          ),
        ),
        h(
          "tbody",
          {},
          all
            .slice(0, 100)
            .map(({ n, edge, times }) =>
              h(
                "tr",
                {},
                h("td", {}, `${named(edge.from)} → ${named(edge.to)}`),
                h("td.num", {}, times > 1 && `×${count(times)}`),
                h(
                  `td.num${n > LIMIT ? ".bad" : n > LIMIT * 0.8 ? ".caught" : ""}`,
                  { title: `${count(n)} of ${count(LIMIT)} bytes` },
                  bytes(n),
                  h("span.meter", { "aria-hidden": "true" }, h("i", { style: `width:${Math.min(100, (n / LIMIT) * 100)}%` })),
                ),
              ),
            ),
        ),
      ),
    ),
  );
}

/** @param {string} name @param {number} value @param {number} limit @param {(n: number) => string} write @param {Kid} about */
function gauge(name, value, limit, write, about) {
  const share = Math.min(1, value / limit);
  const color = value > limit ? "bad" : share > 0.8 ? "caught" : "";
  return h(
    "div.gauge",
    {},
    h("div.gname", {}, h("b", {}, name), h("span.muted", {}, " ", about)),
    h(
      `div.gbar${color ? `.${color}` : ""}`,
      {
        role: "meter",
        "aria-label": name,
        "aria-valuemin": "0",
        "aria-valuemax": String(limit),
        "aria-valuenow": String(Math.round(value)),
        "aria-valuetext": `${write(value)} of ${write(limit)}`,
      },
      h("i", { style: `width:${Math.max(share * 100, value ? 0.5 : 0)}%` }),
    ),
    h("div.gnum", {}, `${write(value)} of ${write === bytes ? count(limit) : write(limit)}`),
  );
}

/** @param {MachineMessage} machine @param {LiveMessage} live @param {CostMessage} cost */
function bill(machine, live, cost) {
  const { prices } = machine;
  const mine = machine.type === "EXPRESS" ? 1 : 0;
  const row = (/** @type {string} */ label, /** @type {Kid[]} */ ...cells) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, label),
      cells.map((cell, i) => h(`td${i === mine ? ".mine" : ""}`, {}, cell)),
    );
  const gb = (cost.billed_ms / 1000) * (cost.memory_mb / 1024);
  return h(
    "table.bill",
    {},
    h("caption.away", {}, "Cost of this execution as Standard and as Express"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td"),
        h("th", { scope: "col" }, "Standard", mine === 0 && h("span.muted", {}, " this machine")),
        h("th", { scope: "col" }, "Express", mine === 1 && h("span.muted", {}, " this machine")),
      ),
    ),
    h(
      "tbody",
      {},
      row("counted", plural(live.transitions || 0, "transition"), `1 request, ${duration(cost.billed_ms / 1000)} × ${cost.memory_mb} MB`),
      row(
        "priced",
        prices?.transition ? `$${(prices.transition * 1000).toFixed(3)} per 1,000` : "",
        prices?.request
          ? `$${(prices.request * 1e6).toFixed(2)} per million, $${prices.gb_second} for each of ${count(Number(gb.toFixed(gb < 1 ? 5 : 1)))} GB-seconds`
          : "",
      ),
      row("one execution", h("b", {}, money(cost.standard)), h("b", {}, money(cost.express))),
      machine.type !== "EXPRESS" && cost.billed_ms > EXPRESS_SECONDS * 1000 && row("but", "", "Express ends an execution after five minutes"),
      row("a million", money(cost.standard * 1e6), money(cost.express * 1e6)),
    ),
  );
}

/** @param {PricesMessage|undefined} prices */
function note(prices) {
  if (!prices) return "";
  return (
    `Prices of ${prices.region} as of ${prices.as_of} (${prices.source}), first tier, without the free tier; check them before you count on them. ` +
    "Duration is the machine's clock, rounded up to 100 ms; memory in chunks of 64 MB, which AWS meters and this only estimates. What the tasks themselves cost is not in it."
  );
}
