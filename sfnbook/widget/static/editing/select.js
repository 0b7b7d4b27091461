// select: a list to choose from whose choice counts when it is made. By pointer at once; by keyboard, where each arrow key and
// letter goes over other choices, with Enter, when it is left, or after a moment.

import { h } from "../dom.js";

const MOMENT = 900; // ms after the last key

/**
 * @param {import("../dom.js").Props} props @param {(value: string) => void} choose @param {...import("../dom.js").Kid} options
 * @returns {HTMLSelectElement}
 */
export function select(props, choose, ...options) {
  let byKey = false;
  /** @type {number|undefined} */
  let later;
  const take = () => {
    if (later === undefined) return;
    clearTimeout(later);
    later = undefined;
    choose(made.value);
  };
  /** @type {HTMLSelectElement} */
  const made = h(
    "select.field",
    {
      ...props,
      onpointerdown: () => {
        byKey = false;
      },
      onkeydown: (event) => {
        byKey = true;
        if (event.key !== "Enter" || later === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        take();
      },
      onchange: () => {
        clearTimeout(later);
        later = setTimeout(take, byKey ? MOMENT : 0);
        if (!byKey) take();
      },
      onblur: take,
    },
    ...options,
  );
  return made;
}
