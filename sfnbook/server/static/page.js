// @ts-nocheck: its types are still to be written
// page: what is served, and the widget over a model that is fed by server-sent events. Shows every text as text.
import widget from "/page/widget.js";

const find = (id) => document.getElementById(id);
const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};
const look = async (path, parameters = {}) => {
  const answer = await fetch(`/look/${path}?${new URLSearchParams(parameters)}`);
  return answer.json();
};
const call = (action, request) =>
  fetch("/", {
    method: "POST",
    headers: { "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": `AWSStepFunctions.${action}` },
    body: JSON.stringify(request),
  }).then((answer) => answer.json());

/** A model as anywidget gives it to the widget: traits that change, messages both ways. */
class Model {
  constructor(traits, hear) {
    this.traits = traits;
    this.hear = hear;
    this.listeners = {};
  }
  get(name) { return this.traits[name]; }
  set(name, value) {
    this.traits[name] = value;
    this.#tell(`change:${name}`);
  }
  on(name, listener) { (this.listeners[name] ||= []).push(listener); }
  off(name, listener) { this.listeners[name] = (this.listeners[name] || []).filter((known) => known !== listener); }
  send(message) { this.hear(message); }
  answer(message) { this.#tell("msg:custom", message); }
  save_changes() {}
  #tell(name, ...values) { for (const listener of [...(this.listeners[name] || [])]) listener(...values); }
}

/** What the widget asks of a run; other messages do something. */
const ASKED = new Set(["value", "lineage", "events", "logs", "child", "visit", "outlines", "try", "picture"]);

const state = { machine: null, execution: null, stop: () => {}, oldest: null };

function mount(traits, hear = () => {}) {
  state.stop();
  const host = element("div");
  find("run").replaceChildren(host);
  const model = new Model(traits, hear);
  const unmount = widget.render({ model, el: host });
  state.stop = () => typeof unmount === "function" && unmount();
  return model;
}

async function showMachine(arn) {
  const { machine, child_runs } = await look("machine", { arn });
  if (machine && state.execution === null && state.machine === arn) {
    mount({ machine, child_runs, live: {}, visits: [], events: [] });
  }
}

function showExecution(arn, machine) {
  state.execution = arn;
  const source = new EventSource(`/look/watch?${new URLSearchParams({ arn })}`);
  const hear = async (message) => {
    if (message.kind === "stop") await call("StopExecution", { executionArn: arn });
    if (message.kind === "send_task_success") await call("SendTaskSuccess", { taskToken: message.token, output: message.output });
    if (message.kind === "send_task_failure") await call("SendTaskFailure", { taskToken: message.token, error: message.error, cause: message.cause });
    if (message.kind === "ping") model.answer(message);
    if (ASKED.has(message.kind)) model.answer(await look("value", { arn, wanted: JSON.stringify(message) }));
    if (message.kind === "open") {
      const answer = await look("value", { arn, wanted: JSON.stringify(message) });
      model.answer(answer);
      if (answer.found) showExecution(answer.arn, answer.machine);
    }
    if (message.kind === "run_again") {
      const { input } = await call("DescribeExecution", { executionArn: arn });
      const { executionArn } = await call("StartExecution", { stateMachineArn: machine, input });
      if (executionArn) showExecution(executionArn, machine);
    }
  };
  let model = null;
  source.addEventListener("machine", (event) => {
    model = mount({ machine: JSON.parse(event.data), live: {}, visits: [], events: [], child_runs: {} }, hear);
    const unmount = state.stop;
    state.stop = () => { source.close(); unmount(); };
  });
  for (const name of ["visits", "events", "child_runs", "live"]) {
    source.addEventListener(name, (event) => model?.set(name, JSON.parse(event.data)));
  }
  source.addEventListener("end", () => source.close());
  lists();
}

function entry(title, about, status, current, choose) {
  const item = element("li");
  const button = element("button");
  if (status) button.append(element("span", `dot ${status}`));
  button.append(element("span", "", title), element("small", "", about));
  button.setAttribute("aria-current", String(current));
  button.addEventListener("click", choose);
  item.append(button);
  return item;
}

const counted = (counts) =>
  Object.entries(counts).map(([status, count]) => `${count} ${status.toLowerCase().replace("_", " ")}`).join(", ") || "not run yet";

function choose(machine) {
  Object.assign(state, { machine, execution: null, oldest: null });
  find("executions").replaceChildren();
  lists();
  showMachine(machine);
}

let shown = "";

async function lists() {
  const machines = await look("machines");
  const parameters = state.machine ? { machine: state.machine } : {};
  const { executions, more } = await look("executions", parameters);
  const now = JSON.stringify([machines, executions, state.machine, state.execution]);
  if (now === shown) return;
  shown = now;
  find("machines").replaceChildren(
    ...(machines.length ? [] : [element("li", "empty", "None yet. CreateStateMachine makes one.")]),
    ...machines.map((m) => entry(m.name, `${m.type}, ${counted(m.counts)}`, "", m.arn === state.machine, () => choose(m.arn))),
  );
  const name = machines.find((m) => m.arn === state.machine)?.name;
  find("title").textContent = name ? `Executions of ${name}` : "Executions";
  find("executions").replaceChildren(...executions.map(executionEntry));
  state.oldest = executions.at(-1)?.id ?? null;
  find("more").hidden = !more;
}

function executionEntry(execution) {
  const parts = execution.arn.split(":");
  const machine = [...parts.slice(0, 5), "stateMachine", parts[6]].join(":");
  const took = execution.seconds === null ? "running" : `${execution.seconds} s`;
  const start = execution.start.slice(0, 19).replace("T", " ");
  return entry(execution.name, `${start}, ${took}`, execution.status, execution.arn === state.execution, () =>
    showExecution(execution.arn, machine));
}

find("more").addEventListener("click", async () => {
  const parameters = { before: state.oldest, ...(state.machine ? { machine: state.machine } : {}) };
  const { executions, more } = await look("executions", parameters);
  find("executions").append(...executions.map(executionEntry));
  state.oldest = executions.at(-1)?.id ?? state.oldest;
  find("more").hidden = !more;
});

lists();
setInterval(() => { if (!document.hidden) lists(); }, 1000);
