// loader: what each widget brings along. It fetches the page's script and style, once per page, from the one widget
// that holds them (`PageScript`), or asks Python where that widget cannot be reached.

const PATIENCE = 20000;
const SILENCE = 2500; // ms without the data before that is said
const NEAR = "400px"; // what is so far from the screen counts as seen

/**
 * @typedef {object} Model anywidget's model: the traits, and the messages beside them
 * @property {(name: string) => any} get
 * @property {(message: PageRequest) => void} send
 * @property {(event: string, listener: (message: any) => void) => void} on
 * @property {(event: string, listener: (message: any) => void) => void} off
 * @property {{get_model: (id: string) => Promise<ScriptWidget>}=} widget_manager Jupyter's, absent elsewhere
 *
 * @typedef {{get: (name: string) => any, comm_live?: boolean}} ScriptWidget Jupyter's model of the widget that holds the script
 * @typedef {{model: Model, el: HTMLElement}} Place where a widget is drawn
 * @typedef {{widget: {render: (place: Place) => unknown}, style: string}} Page
 */

/** By version. @type {Map<string, Promise<Page>>} */
const loaded = versions();

function versions() {
  const page = /** @type {{__sfnbook?: Map<string, Promise<Page>>}} */ (globalThis);
  page.__sfnbook ??= new Map();
  return page.__sfnbook;
}

/** The widget that holds the script, null where there is none any more. @param {Model} model */
async function scriptWidget(model) {
  try {
    return (await model.widget_manager?.get_model(model.get("script").replace("IPY_MODEL_", ""))) ?? null;
  } catch {
    return null;
  }
}

/** Ask Python for the script. @param {Model} model @returns {Promise<PageReply>} */
function ask(model) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      model.off("msg:custom", hear);
      reject(new Error("sfnbook: the kernel does not send the page's script."));
    }, PATIENCE);
    /** @param {PageReply} message */
    function hear(message) {
      if (message?.kind !== "script") return;
      clearTimeout(late);
      model.off("msg:custom", hear);
      resolve(message);
    }
    model.on("msg:custom", hear);
    model.send({ kind: "script" });
  });
}

/** @param {Model} model @param {ScriptWidget|null} held @returns {Promise<Page>} */
async function load(model, held) {
  const { code = "", style = "" } = held?.get("code") ? { code: held.get("code"), style: held.get("style") } : await ask(model);
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return { widget: (await import(url)).default, style };
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Put the style into the document, or the shadow tree, that the widget stands in.
 * @param {HTMLElement} el @param {string} version @param {string} text
 */
function addStyle(el, version, text) {
  const root = el.getRootNode();
  const place = root instanceof ShadowRoot ? root : document.head;
  const id = `sfnbook-style-${version}`;
  if (place.querySelector(`#${id}`)) return;
  const sheet = document.createElement("style");
  sheet.id = id;
  sheet.textContent = text;
  place.append(sheet);
}

/** Draw a widget whose data is here. @param {Place} place @returns {Promise<(() => void)|undefined>} */
async function draw({ model, el }) {
  const version = model.get("version");
  const held = await scriptWidget(model);
  const loading = loaded.get(version) ?? load(model, held);
  loaded.set(version, loading);
  let page;
  try {
    page = await loading;
  } catch (problem) {
    loaded.delete(version);
    el.textContent = problem instanceof Error ? problem.message : String(problem);
    return undefined;
  }
  addStyle(el, version, page.style);
  const host = { kernel: held?.comm_live !== false }; // a page that was stored, or whose kernel is another one by now
  return /** @type {() => void} */ (
    page.widget.render({ model: { ...model, get: (/** @type {string} */ name) => (name === "host" ? host : model.get(name)) }, el })
  );
}

/**
 * Draw a widget once it is in sight and its data has come, and tell Python whenever it comes into sight or leaves it:
 * it sends the data to who sees it.
 * @param {Place} place @returns {() => void}
 */
function drawWhenSeen({ model, el }) {
  const view = Math.random().toString(36).slice(2);
  let [seen, drawn, gone] = [false, false, false];
  /** @type {number|undefined} */
  let late;
  let dispose = () => {};
  const say = () => {
    try {
      model.send({ kind: "seen", view, seen });
    } catch {
      /* no line to the kernel any more */
    }
  };
  const wanted = () => seen && !drawn && !model.get("unsent");
  const go = async () => {
    clearTimeout(late);
    if (!wanted()) return;
    drawn = true;
    el.replaceChildren();
    const end = await draw({ model, el });
    if (gone) end?.();
    else dispose = end ?? dispose;
  };
  const ask = (/** @type {number} */ patience) => {
    say();
    clearTimeout(late);
    late = setTimeout(() => {
      if (drawn || gone || !seen) return;
      el.textContent = "The live view comes when the kernel answers: it is busy with a cell, or gone.";
      ask(patience * 2);
    }, patience);
  };
  const observer = new IntersectionObserver(
    (entries) => {
      const now = entries[entries.length - 1].isIntersecting;
      if (now === seen) return;
      seen = now;
      el.dispatchEvent(new CustomEvent("sfn-seen", { detail: seen }));
      if (seen && model.get("unsent")) ask(SILENCE);
      else say();
      if (wanted()) go();
    },
    /** @type {IntersectionObserverInit} */ ({ rootMargin: NEAR, scrollMargin: NEAR }),
  );
  el.style.minHeight = "1px"; // something to be seen
  model.on("change:unsent", go);
  observer.observe(el);
  return () => {
    gone = true;
    clearTimeout(late);
    observer.disconnect();
    model.off("change:unsent", go);
    if (seen) {
      seen = false;
      say();
    }
    dispose();
  };
}

/** @param {Place} place */
function render(place) {
  return place.model.get("lazy") ? drawWhenSeen(place) : draw(place);
}

export default { render };
