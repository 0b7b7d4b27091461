// remoteEntry: the container that JupyterLab's module federation loads, written by hand. It keeps the host's modules and
// hands out the extension, an ES module beside it, once the host asks.
(() => {
  const here = /** @type {HTMLScriptElement} */ (document.currentScript).src;
  /** @type {import("./host.js").Scope | undefined} */
  let scope;
  const page = /** @type {any} */ (window);
  page._JUPYTERLAB = page._JUPYTERLAB || {};
  page._JUPYTERLAB.sfnbook = {
    /** @param {import("./host.js").Scope} shared */
    init: (shared) => {
      scope = shared;
    },
    /** @param {string} name */
    get: async (name) => {
      if (name === "./style") {
        const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("style.css", here).href });
        document.head.append(link);
        return () => ({ __esModule: true, default: undefined });
      }
      const { plugin } = await import(new URL("extension.js", here).href);
      const made = await plugin(scope);
      return () => ({ __esModule: true, default: made });
    },
  };
})();
