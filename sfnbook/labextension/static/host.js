// host: the modules that JupyterLab shares with its extensions. Nothing of CodeMirror is bundled a second time.

/** @typedef {Record<string, Record<string, {get: () => Promise<() => any>}>>} Scope name -> version -> loader */

/**
 * Returns one of the host's modules.
 * @param {Scope} scope
 * @param {string} name
 * @returns {Promise<any>}
 */
export async function shared(scope, name) {
  const versions = Object.values(scope[name] ?? {});
  if (!versions.length) throw new Error(`sfnbook: this JupyterLab does not share ${name}`);
  return (await versions[0].get())();
}
