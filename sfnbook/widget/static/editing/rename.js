// rename: a field over a box, in which its name is written anew. Knows a rectangle and a name.

import { h } from "../dom.js";

/**
 * Ask for a name over a box. done: with the new name, or null where it stays; it returns what is wrong with the name, "" for
 * nothing.
 * @param {HTMLElement} pane @param {{x: number, y: number, w: number}} box @param {string} name
 * @param {(name: string|null) => Promise<string>} done
 */
export function askName(pane, box, name, done) {
  let over = false;
  const problem = h("span.sfn-rename-problem", { role: "alert" });
  const input = h("input.field", { type: "text", "aria-label": `New name of ${name}`, spellcheck: "false", maxlength: "80" });
  const element = h("div.sfn-rename-box", { style: `left:${box.x}px;top:${box.y}px;width:${Math.max(150, box.w)}px` }, input, problem);
  /** @param {string|null} said */
  const end = async (said) => {
    if (over) return;
    over = true;
    const wrong = await done(said);
    if (!wrong) return void element.remove();
    over = false;
    problem.textContent = wrong;
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  input.value = name;
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") {
      event.preventDefault();
      void end(input.value.trim() === name ? null : input.value);
    }
    if (event.key === "Escape") {
      event.preventDefault();
      void end(null);
    }
  });
  input.addEventListener("blur", () => {
    if (!over) void end(input.value.trim() === name || input.getAttribute("aria-invalid") ? null : input.value);
  });
  pane.append(element);
  input.focus({ preventScroll: true });
  input.select();
}
