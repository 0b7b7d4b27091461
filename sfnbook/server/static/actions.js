// actions: the forms that do something: start an execution, stop one, answer a task. Each is checked before it is sent,
// and shows the server's own words when it says no.
import { fill, h } from "./dom.js";
import { bytes, count, why } from "./format.js";
import { call, Refused } from "./server.js";

const LIMIT = 262_144;
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/u;

/** @typedef {import("./dom.js").Kid} Kid */

/** What is wrong with a JSON text, in words; "" for nothing. @param {string} text */
export function wrongJson(text) {
  if (!text.trim()) return "Write JSON, at least {}.";
  try {
    JSON.parse(text);
  } catch (fault) {
    return `No JSON: ${why(fault)}.`;
  }
  const size = new TextEncoder().encode(text).length;
  return size > LIMIT ? `${count(size)} bytes are more than the ${count(LIMIT)} that AWS takes.` : "";
}

/**
 * Ask in a form over the page.
 * @param {{title: string, button: string, fields: Kid[], check: () => string, send: () => Promise<unknown>}} options
 *   check: what is wrong with what stands there, "" for nothing; it is asked at each keystroke and before sending
 */
function ask({ title, button, fields, check, send }) {
  const said = h("p.said", { role: "alert" });
  const go = h("button.btn.p", { type: "submit" }, button);
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "ask-title" }, title),
    fields,
    said,
    h(
      "div.ends",
      {},
      h(
        "button.btn",
        {
          type: "button",
          onclick: () => {
            box.close();
          },
        },
        "Cancel",
      ),
      go,
    ),
  );
  const box = h("dialog", { "aria-labelledby": "ask-title" }, form);
  const look = () => {
    const wrong = check();
    said.textContent = wrong;
    go.disabled = Boolean(wrong);
  };
  form.addEventListener("input", look);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    look();
    if (go.disabled) return;
    go.disabled = true;
    try {
      await send();
      box.close();
    } catch (fault) {
      said.textContent = fault instanceof Refused && fault.kind ? `${fault.kind}: ${fault.message}` : why(fault);
      go.disabled = false;
    }
  });
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  look();
}

/** @param {string} words @param {HTMLElement} input @param {string=} hint */
const labelled = (words, input, hint) => h("label.line", {}, h("span", {}, words, hint && h("small", {}, ` ${hint}`)), input);
/** @param {string} value */
const area = (value, rows = 10) => {
  const made = h("textarea.field.code", { rows, spellcheck: "false", autocomplete: "off" });
  made.value = value;
  return made;
};
const line = (value = "") => {
  const made = h("input.field", { autocomplete: "off", spellcheck: "false" });
  made.value = value;
  return made;
};

/** Start an execution. @param {{machine: string, title: string, input: string, from: string, started: (arn: string) => void}} options */
export function start({ machine, title, input, from, started }) {
  const name = line();
  const text = area(input);
  const size = h("small");
  ask({
    title: `Start an execution of ${title}`,
    button: "Start",
    fields: [labelled("Input (JSON)", text, from), size, labelled("Name", name, "made up if you leave it out")],
    check: () => {
      size.textContent = `${bytes(new TextEncoder().encode(text.value).length)} of ${count(LIMIT)}`;
      return (
        wrongJson(text.value) ||
        (name.value && !NAME.test(name.value) ? 'A name has 1 to 80 characters without blanks and none of <>{}[]?*"#%\\^|~`$&,;:/' : "")
      );
    },
    send: async () =>
      started((await call("StartExecution", { stateMachineArn: machine, input: text.value, ...(name.value ? { name: name.value } : {}) })).executionArn),
  });
  text.focus();
  text.setSelectionRange(0, 0);
}

/** Stop an execution and say why. @param {{arn: string, name: string}} options */
export function stop({ arn, name }) {
  const error = line();
  const cause = line();
  ask({
    title: `Stop ${name}`,
    button: "Stop it",
    check: () => "",
    fields: [labelled("Error", error, "optional"), labelled("Cause", cause, "optional")],
    send: () => call("StopExecution", { executionArn: arn, ...(error.value ? { error: error.value } : {}), ...(cause.value ? { cause: cause.value } : {}) }),
  });
  error.focus();
}

/** Answer a task by its token. @param {{token?: string, title?: string, done: () => void}} options */
export function answer({ token = "", title = "Answer a task", done }) {
  const given = area(token, 3);
  given.readOnly = Boolean(token);
  const output = area("{}", 6);
  const error = line();
  const cause = line();
  const parts = h("div");
  const kinds = [
    ["success", "It succeeded"],
    ["failure", "It failed"],
    ["heartbeat", "It is still at work"],
  ];
  let kind = "success";
  const draw = () =>
    fill(parts, kind === "success" && labelled("Output (JSON)", output), kind === "failure" && [labelled("Error", error), labelled("Cause", cause)]);
  const choices = h(
    "fieldset.choices",
    {},
    h("legend", {}, "What to say"),
    kinds.map(([key, words]) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name: "kind",
          value: key,
          checked: key === kind,
          onchange: () => {
            kind = key;
            draw();
          },
        }),
        ` ${words}`,
      ),
    ),
  );
  draw();
  ask({
    title,
    button: "Send",
    fields: [labelled("Task token", given), choices, parts],
    check: () => (!given.value.trim() ? "Paste the token that the task was given ($$.Task.Token)." : kind === "success" ? wrongJson(output.value) : ""),
    send: async () => {
      const taskToken = given.value.trim();
      if (kind === "success") await call("SendTaskSuccess", { taskToken, output: output.value });
      if (kind === "failure")
        await call("SendTaskFailure", { taskToken, ...(error.value ? { error: error.value } : {}), ...(cause.value ? { cause: cause.value } : {}) });
      if (kind === "heartbeat") await call("SendTaskHeartbeat", { taskToken });
      done();
    },
  });
  (token ? output : given).focus();
}

/** Ask for the server's token; it goes into a cookie, and the view stays. */
export function askToken() {
  if (document.querySelector("dialog.token")) return;
  const token = h("input.field", { type: "password", autocomplete: "off", "aria-label": "Token" });
  const box = h(
    "dialog.token",
    { "aria-labelledby": "token-title" },
    h(
      "form",
      {
        method: "dialog",
        onsubmit: (event) => {
          event.preventDefault();
          const to = new URLSearchParams(location.search);
          to.set("token", token.value);
          location.assign(`/?${to}`);
        },
      },
      h("h2", { id: "token-title" }, "This server asks for its token"),
      h("p", {}, "It stands where the server was started, after “token:”."),
      token,
      h("div.ends", {}, h("button.btn.p", { type: "submit" }, "Go on")),
    ),
  );
  box.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(box);
  box.showModal();
}
