// @ts-nocheck: its types are still to be written
// loader: what each widget brings along. It fetches the page's script and style, once per page, from the one widget
// that holds them (`PageScript`), or asks Python where that widget cannot be reached.

const PATIENCE = 20000;
const loaded = (globalThis.__sfnbook ??= new Map()); // by version: {script, style} as promises of a module and a text

/** The widget that holds the script, null where there is none any more. */
async function holder(model) {
  try { return await model.widget_manager.get_model(model.get("script").replace("IPY_MODEL_", "")); } catch { return null; }
}

/** Ask Python for the script. */
function ask(model) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => { model.off("msg:custom", hear); reject(new Error("sfnbook: the kernel does not send the page's script.")); }, PATIENCE);
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

async function load(model, held) {
  const { code, style } = held?.get("code") ? { code: held.get("code"), style: held.get("style") } : await ask(model);
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try { return { widget: (await import(url)).default, style }; } finally { URL.revokeObjectURL(url); }
}

/** Put the style into the document, or the shadow tree, that the widget stands in. */
function dress(el, version, text) {
  const root = el.getRootNode();
  const place = root instanceof ShadowRoot ? root : document.head;
  const id = `sfnbook-style-${version}`;
  if (place.querySelector(`#${id}`)) return;
  const sheet = document.createElement("style");
  sheet.id = id;
  sheet.textContent = text;
  place.append(sheet);
}

async function render({ model, el }) {
  const version = model.get("version");
  const held = await holder(model);
  if (!loaded.has(version)) loaded.set(version, load(model, held));
  let page;
  try { page = await loaded.get(version); } catch (problem) { loaded.delete(version); el.textContent = problem.message; return undefined; }
  dress(el, version, page.style);
  const host = { kernel: held?.comm_live !== false }; // a page that was stored, or whose kernel is another one by now
  return page.widget.render({ model: { ...model, get: (name) => (name === "host" ? host : model.get(name)) }, el });
}

export default { render };
