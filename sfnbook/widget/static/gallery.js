// gallery: pictures of state machines to start from. A press asks Python for a machine's cells; the extension of JupyterLab and
// Notebook 7 writes them below, elsewhere Python hands them to the cells that run next.

import { fill, h } from "./dom.js";

/** What the extension listens to: cells to be written below the one that the event comes from. */
const INSERT = "sfn-insert";

/**
 * @typedef {{name: string, group: string, summary: string, picture: string}} Entry
 * @typedef {{kind: "cells", name: string, cells: string[]} | {kind: "said", text: string}} Reply
 * @typedef {object} Model anywidget's model
 * @property {(name: string) => any} get
 * @property {(message: {kind: string, name: string, at_once?: boolean}) => void} send
 * @property {(event: string, listener: (message: any) => void) => void} on
 * @property {(event: string, listener: (message: any) => void) => void} off
 */

/** @param {string} picture SVG text, shown as an image: nothing in it can act on the page */
const address = (picture) => `data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture)}`;

/** @param {{model: Model, el: HTMLElement}} place */
function render({ model, el }) {
  /** @type {Entry[]} */
  const entries = model.get("entries");
  const said = h("p.sfn-gallery-said", { role: "status" });
  const root = h(
    "div.sfn-gallery",
    {},
    groups(entries, (name) => model.send({ kind: "choose", name })),
    said,
  );
  fill(el, root);

  /** @param {Reply} reply */
  const hear = (reply) => {
    if (reply?.kind === "said") said.textContent = reply.text;
    if (reply?.kind !== "cells") return;
    const detail = { cells: reply.cells, said: "" };
    const taken = !root.dispatchEvent(new CustomEvent(INSERT, { bubbles: true, composed: true, cancelable: true, detail }));
    if (taken) said.textContent = detail.said;
    else model.send({ kind: "deliver", name: reply.name });
  };
  model.on("msg:custom", hear);
  const once = model.get("at_once");
  if (once) model.send({ kind: "choose", name: once, at_once: true });
  return () => model.off("msg:custom", hear);
}

/** @param {Entry[]} entries @param {(name: string) => void} choose */
function groups(entries, choose) {
  return [...new Set(entries.map((one) => one.group))].map((group) =>
    h(
      "section",
      {},
      h("h4", {}, group),
      h(
        "div.sfn-gallery-cards",
        {},
        entries.filter((one) => one.group === group).map((one) => card(one, choose)),
      ),
    ),
  );
}

/** @param {Entry} entry @param {(name: string) => void} choose */
function card({ name, summary, picture }, choose) {
  return h(
    "button.sfn-gallery-card",
    { type: "button", data: { name }, title: `Write the cells of ${name} below`, onclick: () => choose(name) },
    h("img", { src: address(picture), alt: "" }),
    h("strong", {}, name),
    h("span", {}, summary),
  );
}

export default { render };
