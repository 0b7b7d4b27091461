// dom: makes elements. Data reaches the page only as text and attributes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {Node|string|number|false|null|undefined|Kid[]} Kid what an element may hold; null, undefined, false and "" are skipped
 */
/**
 * @typedef {{[K in keyof GlobalEventHandlersEventMap as `on${K}`]?: ((event: GlobalEventHandlersEventMap[K]) => unknown)|null}} Listeners
 * @typedef {Listeners & {data?: Record<string, string|number>, style?: string|null, [attribute: string]: unknown}} Props
 *   `on...` functions become listeners, `data` data attributes; null, undefined and false are left out
 */
/**
 * The tag in "button.btn.primary".
 * @template {string} S
 * @typedef {S extends `${infer Tag}.${string}` ? Tag : S} TagOf
 */

/**
 * Make an HTML element: `h("button.btn.primary", {title: "Stop", onclick: stop}, "Stop")`.
 * @template {string} S
 * @param {S} spec tag and classes
 * @param {Props=} props
 * @param {...Kid} kids
 * @returns {TagOf<S> extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[TagOf<S>] : HTMLElement}
 */
export function h(spec, props, ...kids) {
  const [tag, ...classes] = spec.split(".");
  const made = document.createElement(tag || "div");
  setUp(made, classes, props, kids);
  return /** @type {any} */ (made); // its tag says which element it is
}

/**
 * Make an SVG element, as `h` does.
 * @template {string} S
 * @param {S} spec @param {Props=} props @param {...Kid} kids
 * @returns {TagOf<S> extends keyof SVGElementTagNameMap ? SVGElementTagNameMap[TagOf<S>] : SVGElement}
 */
export function s(spec, props, ...kids) {
  const [tag, ...classes] = spec.split(".");
  const made = document.createElementNS(SVG, tag);
  setUp(made, classes, props, kids);
  return /** @type {any} */ (made);
}

/** @param {HTMLElement|SVGElement} element @param {string[]} classes @param {Props|undefined} props @param {Kid[]} kids */
function setUp(element, classes, props, kids) {
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "style") element.style.cssText = String(value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, kids);
}

/**
 * The nearest element that a selector fits, from an event's target outwards.
 * @param {Event} event @param {string} selector @returns {HTMLElement|SVGElement|null}
 */
export const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

/**
 * Append children; strings become text nodes, empty ones are skipped.
 * @template {Element} E @param {E} element @param {Kid[]} kids @returns {E} the element
 */
export function add(element, kids) {
  for (const kid of kids) {
    if (kid === null || kid === undefined || kid === false || kid === "") continue;
    if (Array.isArray(kid)) add(element, kid);
    else element.append(kid instanceof Node ? kid : String(kid));
  }
  return element;
}

/** The control under an element with that `data-key`. @param {Element} element @param {string} key @returns {HTMLElement|null} */
const control = (element, key) => element.querySelector(`[data-key="${CSS.escape(key)}"]`);

/**
 * Replace what an element holds, keeping the focus on the control with the same `data-key`.
 * @template {Element} E @param {E} element @param {...Kid} kids @returns {E} the element
 */
export function fill(element, ...kids) {
  const active = element.contains(document.activeElement) ? document.activeElement : null;
  const focused = active instanceof HTMLElement || active instanceof SVGElement ? active.dataset.key : undefined;
  element.replaceChildren();
  add(element, kids);
  if (focused !== undefined) control(element, focused)?.focus({ preventScroll: true });
  return element;
}

/**
 * Tabs as WAI-ARIA describes them: one stop for Tab, arrow keys move and choose.
 * @param {{label: string, items: {key: string, text: string, hint?: string, color?: string}[], chosen: string,
 *          choose: (key: string) => void, look: string, panel?: string}} options
 */
export function tabs({ label, items, chosen, choose, look, panel }) {
  const list = h("div", { class: look, role: "tablist", "aria-label": label });
  items.forEach((item, index) => {
    const on = item.key === chosen;
    list.append(
      h(
        "button",
        {
          type: "button",
          role: "tab",
          class: [on && "on", item.color].filter(Boolean).join(" ") || null,
          "aria-selected": String(on),
          "aria-controls": panel,
          tabindex: on ? "0" : "-1",
          title: item.hint,
          data: { key: `${look}:${item.key}` },
          onclick: () => choose(item.key),
          onkeydown: (event) => {
            const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : undefined;
            const to = event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : step && (index + step + items.length) % items.length;
            if (to === undefined) return;
            event.preventDefault();
            const around = list.parentElement;
            const key = `${look}:${items[to].key}`;
            control(list, key)?.focus();
            choose(items[to].key);
            if (around) control(around, key)?.focus();
          },
        },
        item.text,
      ),
    );
  });
  return list;
}

/** Copy text to the clipboard, also where the page may not use the clipboard API. @param {string} text @returns {Promise<boolean>} */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { style: "position:fixed;opacity:0" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** A small button that copies what `text()` gives and says so. @param {() => string} text @param {string} what */
export function copyButton(text, what) {
  const button = h(
    "button.icon",
    {
      type: "button",
      title: `Copy ${what}`,
      "aria-label": `Copy ${what}`,
      onclick: async (event) => {
        event.stopPropagation();
        const done = await copy(text());
        button.replaceChildren(glyph(done ? "check" : "cross"));
        setTimeout(() => button.replaceChildren(glyph("copy")), 1200);
      },
    },
    glyph("copy"),
  );
  return button;
}

/** @typedef {keyof typeof GLYPHS} Glyph */
const GLYPHS = {
  check: "M3 8.5l3.2 3.3L13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  copy: "M5.5 5.5V3h7.5v7.5h-2.5M3 5.5h7.5V13H3z",
  stop: "M4 4h8v8H4z",
  again: "M12.5 8a4.5 4.5 0 1 1-1.3-3.2M11.5 2v3h-3",
  left: "M10 3L5 8l5 5",
  right: "M6 3l5 5-5 5",
  down: "M3 6l5 5 5-5",
  find: "M7 11.5a4.5 4.5 0 1 1 0-9 4.5 4.5 0 0 1 0 9zM10.3 10.3L14 14",
  running: "M8 3v5l3 2",
  pause: "M6 4v8M10 4v8",
  from: "M13 8H4M7.5 4.5L4 8l3.5 3.5",
  fade: "M2.5 8s2-3.8 5.5-3.8S13.5 8 13.5 8s-2 3.8-5.5 3.8S2.5 8 2.5 8zM3 13L13 3",
  play: "M5 3.5l7 4.5-7 4.5z",
  back: "M11.5 3.5L6 8l5.5 4.5zM4 3.5v9",
  into: "M8 2v8M4.8 7L8 10.2 11.2 7M5 13.5h6",
  over: "M2.5 9a5.5 5 0 0 1 11 0M13.5 4.6V9H9M7 13.5h2",
  out: "M8 10.5V2.5M4.8 5.5L8 2.3l3.2 3.2M5 13.5h6",
};

/** A 16 px line drawing. @param {Glyph} name */
export function glyph(name) {
  return s("svg.glyph", { viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d: GLYPHS[name] }));
}
