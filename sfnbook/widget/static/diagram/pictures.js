// pictures: the diagram as it is drawn, taken along: SVG and PNG from the page itself, Mermaid and DOT from whoever knows the
// definition. Knows a drawing; not what it shows.

import { copy, fill, h, s } from "../dom.js";
import { why } from "../format.js";

/** What of the page's style a picture has to bring along. */
const STYLE = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "stroke-opacity",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "paint-order",
  "display",
  "visibility",
];
const LEFT_OUT = ".sfn-overlay, .sfn-toggle, .sfn-chip, .sfn-ring, .sfn-touch, .sfn-handles";
const EDGE = 12; // px around the picture
const SHARP = 2; // pixels of a PNG for each of the picture

/** @typedef {[label: string, ending: string, make: () => Promise<Blob>]} Format */

/** A copy of an element with all that is in it. @template {Element} E @param {E} element */
const copyOf = (element) => /** @type {E} */ (element.cloneNode(true));

/** The drawing as SVG text that stands alone. @param {SVGElement} svg @param {{width: number, height: number}} graph */
export function svgText(svg, { width, height }) {
  const [ground, heads] = [svg.querySelector(".sfn-ground"), svg.querySelector("defs")];
  if (!ground || !heads) throw new Error("There is no picture yet.");
  const [copied, defs] = [copyOf(ground), copyOf(heads)];
  for (const [from, to] of [
    [ground, copied],
    [heads, defs],
  ]) {
    const [olds, news] = [[...from.querySelectorAll("*")], [...to.querySelectorAll("*")]];
    olds.forEach((old, i) => {
      const seen = getComputedStyle(old);
      news[i].setAttribute("style", STYLE.map((name) => `${name}:${seen.getPropertyValue(name)}`).join(";"));
      for (const name of ["class", "tabindex", "role", "aria-pressed"]) news[i].removeAttribute(name);
      if (old.matches(LEFT_OUT)) news[i].setAttribute("data-out", "");
    });
  }
  copied.removeAttribute("style");
  copied.removeAttribute("class");
  copied.setAttribute("transform", `translate(${EDGE} ${EDGE})`);
  for (const one of copied.querySelectorAll("[data-out]")) one.remove();
  const [w, tall] = [Math.ceil(width) + 2 * EDGE, Math.ceil(height) + 2 * EDGE];
  const ground0 = getComputedStyle(svg.closest(".sfn-frame") || svg).backgroundColor;
  const whole = s(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", width: w, height: tall, viewBox: `0 0 ${w} ${tall}` },
    defs,
    s("rect", { width: w, height: tall, style: `fill:${ground0}` }),
    copied,
  );
  return new XMLSerializer().serializeToString(whole);
}

/** An SVG text as PNG. @param {string} text @returns {Promise<Blob>} */
async function png(text) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = h("canvas", { width: image.width * SHARP, height: image.height * SHARP });
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("The picture is too large for a PNG: take the SVG."))), "image/png"),
  );
}

export class Pictures {
  /** @param {{svg: () => string, ask: (format: string) => Promise<string>, name: () => string}} options */
  constructor({ svg, ask, name }) {
    this.name = name;
    this.note = h("span.muted", { role: "status" });
    /** @type {HTMLElement|null} */
    this.opener = null;
    const text = (/** @type {string} */ format) => async () => new Blob([await ask(format)], { type: "text/plain" });
    /** @type {Format[]} */
    const formats = [
      ["SVG", "svg", async () => new Blob([svg()], { type: "image/svg+xml" })],
      ["PNG", "png", () => png(svg())],
      ["Mermaid", "mmd", text("mermaid")],
      ["DOT", "dot", text("dot")],
    ];
    this.element = h(
      "div.sfn-pictures",
      {
        role: "group",
        "aria-label": "Take the picture along",
        hidden: true,
        onkeydown: (event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            this.close();
          }
        },
      },
      formats.map(([label, ending, make]) =>
        h(
          "div.sfn-picture",
          {},
          h("span", {}, label),
          h("button.sfn-tool", { type: "button", "aria-label": `Copy ${label}`, onclick: () => this.#do(() => this.#copy(make, ending)) }, "Copy"),
          h(
            "button.sfn-tool",
            {
              type: "button",
              "aria-label": `Save ${label}`,
              onclick: () =>
                this.#do(async () => {
                  this.#save(await make(), ending);
                  return "Saved.";
                }),
            },
            "Save",
          ),
        ),
      ),
      this.note,
    );
  }

  /** Open or close; the focus goes in and comes back. @param {HTMLElement} opener */
  toggle(opener) {
    this.opener = opener;
    if (!this.element.hidden) return this.close();
    this.element.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    fill(this.note);
    this.element.querySelector("button")?.focus();
  }

  close() {
    this.element.hidden = true;
    this.opener?.setAttribute("aria-expanded", "false");
    this.opener?.focus({ preventScroll: true });
  }

  /** @param {() => Promise<string>} act returns what is said then */
  async #do(act) {
    fill(this.note, "…");
    try {
      fill(this.note, await act());
    } catch (problem) {
      fill(this.note, why(problem));
    }
  }

  /** @param {() => Promise<Blob>} make @param {string} ending */
  async #copy(make, ending) {
    const blob = await make();
    if (ending !== "png") return (await copy(await blob.text())) ? "Copied." : "This page may not copy.";
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
      return "Copied.";
    } catch {
      return "This page may not copy pictures: save it.";
    }
  }

  /** @param {Blob} blob @param {string} ending */
  #save(blob, ending) {
    const href = URL.createObjectURL(blob);
    const link = h("a", { href, download: `${this.name().replace(/[^\w-]+/g, "-") || "machine"}.${ending}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  }
}
