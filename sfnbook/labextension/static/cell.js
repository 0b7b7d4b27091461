// cell: what the text of a cell says by itself. Which cells hold a state machine, in which language, where its body begins.

const FIRST = /^%%(statemachine|sfn_exercise|sfn_check)\b[^\n]*\n/;

/**
 * Returns where the definition in a cell's text begins, -1 for a cell that holds none.
 * @param {string} text
 */
export function bodyStart(text) {
  const lead = text.length - text.trimStart().length;
  const found = FIRST.exec(text.slice(lead));
  return found ? lead + found[0].length : -1;
}

/**
 * Returns whether a body is JSON or YAML, by its first character that is no blank and no comment.
 * @param {string} body
 * @returns {"json" | "yaml"}
 */
export function languageOf(body) {
  return /^(?:\s|#[^\n]*\n)*[{[]/.test(body) ? "json" : "yaml";
}

/**
 * Returns the name of the machine that a cell defines.
 * @param {string} text
 */
export function machineName(text) {
  return /^\s*%%\w+\s+("[^"]*"|'[^']*'|\S+)/.exec(text)?.[1].replace(/^["']|["']$/g, "") ?? "";
}
