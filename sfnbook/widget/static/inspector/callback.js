// callback: what a person says to a task that waits for its token: Approve with an output, or Reject with an error.
// The form is made once for a token and kept: what somebody is typing survives every update of the run.

import { add, copyButton, fill, h } from "../dom.js";
import { why } from "../format.js";

/** What is wrong with a text as JSON, "" when nothing is. @param {string} text */
export function notJson(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (fault) {
    return `The output is no JSON: ${why(fault)}`;
  }
}

export class AnswerForm {
  /**
   * @param {{token: string, state: string}} waiting
   * @param {(message: PageRequest) => void} send
   */
  constructor({ token, state }, send) {
    this.token = token;
    this.send = send;
    this.output = h("textarea", { rows: "3", spellcheck: "false", "aria-label": "Output (JSON)", data: { key: "answer:output" } });
    this.output.value = "{}";
    this.error = h("input", { type: "text", placeholder: "Error", "aria-label": "Error", data: { key: "answer:error" } });
    this.cause = h("input", { type: "text", placeholder: "Cause", "aria-label": "Cause", data: { key: "answer:cause" } });
    this.note = h("div.hint", { role: "alert" });
    this.buttons = [
      h("button.btn.p", { type: "button", data: { key: "answer:approve" }, onclick: () => this.#approve() }, "Approve"),
      h("button.btn", { type: "button", data: { key: "answer:reject" }, onclick: () => this.#reject() }, "Reject"),
    ];
    // Keys belong to the form while somebody types: the notebook has shortcuts of its own.
    this.element = h(
      "section.stage.answer",
      { "aria-label": `Answer ${state}`, onkeydown: (event) => event.stopPropagation() },
      h(
        "div.shead",
        {},
        h("span.pulse"),
        h("b", {}, "Waits for an answer"),
        h("code", { title: token }, `${token.slice(0, 16)}…`),
        copyButton(() => token, "the token"),
      ),
      h("label", {}, "Output (JSON)", this.output),
      h("div.row", {}, this.buttons[0]),
      h("div.row", {}, this.error, this.cause, this.buttons[1]),
      this.note,
    );
  }

  #approve() {
    const problem = notJson(this.output.value);
    this.output.setAttribute("aria-invalid", String(Boolean(problem)));
    if (problem) {
      fill(this.note, problem);
      this.output.focus();
      return;
    }
    this.#say({ kind: "send_task_success", token: this.token, output: this.output.value });
  }

  #reject() {
    this.#say({ kind: "send_task_failure", token: this.token, error: this.error.value, cause: this.cause.value });
  }

  /** @param {PageRequest} message */
  #say(message) {
    this.send(message);
    for (const button of this.buttons) button.disabled = true;
    fill(this.note);
    add(this.note, [h("span.quiet", {}, "Sent …")]);
    setTimeout(() => {
      for (const button of this.buttons) button.disabled = false;
    }, 3000); // it is still here: try again
  }
}
