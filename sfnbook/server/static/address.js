// address: what is seen, as it stands in the address bar. Every view has its own address, which survives a reload and can be sent to somebody.

/**
 * @typedef {Object} View
 * @property {string=} machine    ARN of the machine whose executions are listed
 * @property {string=} execution  ARN of the execution that is shown
 * @property {string=} state      address of the state that is chosen in it
 * @property {string=} view       "waiting": the tasks that wait, instead of executions
 * @property {string=} only       "1": the execution without the list
 * @property {string=} status
 * @property {string=} text
 * @property {string=} last       seconds: started since then
 * @property {string=} since      seconds since the epoch
 * @property {string=} until      seconds since the epoch
 * @property {string=} order      "duration" or "name"; by the start where there is none
 * @property {string=} ascending
 * @property {string=} beyond     number of an execution: a page that new executions do not move
 * @property {string=} skip       executions before the first one of the page
 */

/** @type {(keyof View)[]} */
const KEYS = ["machine", "execution", "state", "view", "only", "status", "text", "last", "since", "until", "order", "ascending", "beyond", "skip"];
const PAGING = { beyond: undefined, skip: undefined };

/** @returns {View} */
export function view() {
  const given = new URLSearchParams(location.search);
  return Object.fromEntries(KEYS.filter((key) => given.get(key)).map((key) => [key, given.get(key) ?? undefined]));
}

/** @param {View} view @returns {string} its address */
export function address(view) {
  const text = new URLSearchParams(KEYS.filter((key) => view[key]).map((key) => [key, view[key] ?? ""]));
  return text.size ? `/?${text}`.replaceAll("%3A", ":").replaceAll("%2F", "/") : "/";
}

/** The view with something changed; another filter or order begins at the first page. @param {View} now @param {View} change @returns {View} */
export function changed(now, change) {
  const filters = ["machine", "status", "text", "last", "since", "until", "order", "ascending", "view"];
  const anew = Object.keys(change).some((key) => filters.includes(key)) && !("skip" in change);
  return { ...now, ...(anew ? PAGING : {}), ...change };
}

/** @type {(() => void)[]} */
const listeners = [];

/** Be told whenever another view is shown. @param {() => void} listener */
export function onView(listener) {
  listeners.push(listener);
}

/** Show another view. @param {View} view @param {boolean} quiet  without an entry in the browser's history */
export function go(view, quiet = false) {
  const to = address(view);
  if (to === address(viewNow())) return;
  if (quiet) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  for (const listener of listeners) listener();
}
const viewNow = view;

/** The state that is chosen changes nothing but the address. @param {string|null} state */
export function note(state) {
  const to = address({ ...view(), state: state ?? undefined });
  if (to !== address(view())) history.replaceState(null, "", to);
}

/** A click that the page itself follows: not one that opens a tab or a menu. @param {MouseEvent} event */
export const plain = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

window.addEventListener("popstate", () => {
  for (const listener of listeners) listener();
});
