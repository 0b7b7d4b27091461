// interrupt: the kernel's own Stop button, pressed from the page through Jupyter's REST API. A cell that runs hears no
// message of ours; an interrupt reaches it. Knows Jupyter's page configuration; no run, no widget.

/** What to press where this page cannot. */
export const PRESS = "The kernel is busy with a cell: press ■ (Interrupt) in the notebook's toolbar to stop the run.";

/** What Jupyter says to its own page: {baseUrl, token, ...}. @returns {{baseUrl?: string, token?: string}|null} */
function configuration() {
  try {
    return JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} name */
function cookie(name) {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/**
 * Interrupt a kernel of the server that this page is from.
 * @param {string} kernelId "" where Python knows none
 * @returns {Promise<boolean>} false where this page cannot: no configuration, another server, refused
 */
export async function interrupt(kernelId) {
  const told = configuration();
  if (!kernelId || !told?.baseUrl) return false;
  try {
    const url = new URL(`${told.baseUrl.replace(/\/*$/, "/")}api/kernels/${encodeURIComponent(kernelId)}/interrupt`, location.href);
    if (url.origin !== location.origin) return false; // the token is for nobody else
    const headers = { "X-XSRFToken": cookie("_xsrf"), ...(told.token ? { Authorization: `token ${told.token}` } : {}) };
    return (await fetch(url, { method: "POST", headers, credentials: "same-origin" })).ok;
  } catch {
    return false;
  }
}
