// page: the machines, the executions and the one that is chosen. What is shown stands in the address; the server's
// news are asked for each second. Shows every text as text.
import { answer, askToken, start, stop } from "./actions.js";
import { go, note, onView, view } from "./address.js";
import { copyButton, fill, h } from "./dom.js";
import { Executions, link, machineName, machineOf, pill } from "./executions.js";
import { count, why } from "./format.js";
import { mount, RunView } from "./run_view.js";
import { call, look, TokenWanted } from "./server.js";

const PACE = 1000;

/**
 * @typedef {ExecutionHead & {arn: string, run: RunView, said: HTMLElement}} About the execution that is chosen
 * @typedef {{machines: MachineList, version: number|null, waiting: number, detail: {close: () => void}|null, key: string|null,
 *   filter: string}} State `detail`, `key`: what is shown of which machine or execution
 */

/** A part of the page. @param {string} id */
const find = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {State} */
const state = {
  machines: { machines: [], found: 0, known: 0, counts: {}, region: "us-east-1" },
  version: null,
  waiting: 0,
  detail: null,
  key: null,
  filter: "",
};

/** How the AWS CLI is called, as it works where no AWS configuration is. */
const credentials = () =>
  `${state.machines.guarded ? "AWS_ACCESS_KEY_ID=TOKEN AWS_SECRET_ACCESS_KEY=test aws stepfunctions" : "aws stepfunctions --no-sign-request"} --region ${state.machines.region} --endpoint-url ${location.origin}`;
/** @param {string} text */
const command = (text) =>
  h(
    "div.command",
    {},
    h(
      "code",
      {},
      text.split(" ").flatMap((word) => [h("span", {}, word), " "]),
    ),
    copyButton(() => text, "the command"),
  );
const listed = new Executions(find("list"), { empty, buttons });

/** What stands where nothing is: what to do next. @param {string|null} name the machine's @returns {import("./dom.js").Kid} */
function empty(name) {
  const { machine } = view();
  if (machine)
    return [
      h("p", {}, `${name ?? machineName(machine)} has not run yet. Start an execution here, or with`),
      command(`${credentials()} start-execution --state-machine-arn ${machine} --input '{}'`),
    ];
  if (state.machines.known) return [h("p", {}, "Nothing has run yet. Choose a state machine and start an execution.")];
  return [
    h("p", {}, "None yet. Make a state machine:"),
    command(
      `${credentials()} create-state-machine --name hello --role-arn arn:aws:iam::123456789012:role/any --definition '{"StartAt":"Hi","States":{"Hi":{"Type":"Pass","End":true}}}'`,
    ),
  ];
}

function buttons() {
  const { machine } = view();
  return [machine && h("button.btn.p", { type: "button", data: { key: "start" }, onclick: () => begin(machine) }, "Start execution …")];
}

/** The form to start an execution, with the input of the last one or the one given. @param {string} machine @param {string=} input */
async function begin(machine, input) {
  let last = input ?? null;
  if (last === null) {
    try {
      last = (await look("input", { machine })).input;
    } catch (fault) {
      if (fault instanceof TokenWanted) {
        askToken();
        return;
      } // else the form begins with {}
    }
  }
  start({
    machine,
    title: machineName(machine),
    input: last ?? "{}",
    from: input !== undefined ? "of this execution" : last === null ? "" : "of the last execution",
    started: (arn) => go({ ...view(), machine, execution: arn, state: undefined, view: undefined, beyond: undefined, skip: undefined }),
  });
}

// -- the list of machines ------------------------------------------------------------------------------------------------

const filter = h("input.field", {
  type: "search",
  placeholder: "Filter",
  "aria-label": "Filter the state machines",
  oninput: () => {
    state.filter = filter.value;
    refresh(true);
  },
});
const nav = { list: h("ul"), other: h("ul") };
find("machines").append(h("h1", {}, "State machines"), filter, nav.list, nav.other);

function drawMachines() {
  const now = view();
  const { machines, found, known, counts } = state.machines;
  filter.hidden = known < 8 && !state.filter;
  /** @param {import("./address.js").View} to @param {boolean} on @param {string} name @param {string} about @param {string=} title */
  const item = (to, on, name, about, title) =>
    h("li", {}, link(to, { "aria-current": on ? "page" : null, title, "data-key": `nav:${name}` }, h("span", {}, name), h("small", {}, about)));
  fill(
    nav.list,
    known > 0 && item({}, !now.machine && now.view !== "waiting" && !now.execution, "All", words(counts)),
    machines.map((one) =>
      item({ machine: one.arn }, one.arn === now.machine, one.name, `${one.type === "EXPRESS" ? "Express · " : ""}${words(one.counts)}`, one.arn),
    ),
    !known && h("li.empty", {}, "None yet."),
    found > machines.length && h("li.empty", {}, `${count(found - machines.length)} more: filter them.`),
  );
  fill(nav.other, item({ view: "waiting" }, now.view === "waiting", "Waiting tasks", state.waiting ? `${count(state.waiting)} to be answered` : "none"));
}

/** @param {Record<string, number>} counts */
function words(counts) {
  const all = Object.values(counts).reduce((sum, one) => sum + one, 0);
  if (!all) return "not run yet";
  const failed = (counts.FAILED || 0) + (counts.TIMED_OUT || 0);
  return [`${count(all)}`, counts.RUNNING && `${count(counts.RUNNING)} running`, failed && `${count(failed)} failed`].filter(Boolean).join(" · ");
}

// -- the list in the middle -----------------------------------------------------------------------------------------------

const tasks = h("section", { id: "tasks", "aria-labelledby": "tasks-title", hidden: true });
find("list").after(tasks);

async function drawWaiting() {
  const { tasks: found, total } = await look("waiting");
  const again = () => refresh(true);
  fill(
    tasks,
    h(
      "header",
      {},
      h("h2", { id: "tasks-title" }, "Tasks that wait for an answer"),
      h("span.actions", {}, h("button.btn", { type: "button", data: { key: "answer" }, onclick: () => answer({ done: again }) }, "Answer by token …")),
    ),
    found.length
      ? h(
          "div.rows",
          {},
          h(
            "table",
            {},
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                ["State", "Execution", "Waits for", ""].map((one) => h("th", { scope: "col" }, one || h("span.unseen", {}, "Answer"))),
              ),
            ),
            h(
              "tbody",
              {},
              found.map((one) =>
                h(
                  "tr",
                  {},
                  h("td", {}, one.state),
                  h(
                    "td",
                    {},
                    link(
                      { execution: one.execution, machine: machineOf(one.execution), state: one.address },
                      { "data-key": one.token },
                      `${one.machine} · ${one.name}`,
                    ),
                  ),
                  h("td.words", { title: one.words }, one.words),
                  h(
                    "td.act",
                    {},
                    copyButton(() => one.token, "the token"),
                    h(
                      "button.btn",
                      {
                        type: "button",
                        data: { key: `answer:${one.token}` },
                        onclick: () => answer({ token: one.token, title: `Answer ${one.state}`, done: again }),
                      },
                      "Answer …",
                    ),
                  ),
                ),
              ),
            ),
          ),
        )
      : h("div.empty", {}, h("p", {}, "No task waits. A Task with .waitForTaskToken, or one that names an activity, does.")),
    total > found.length && h("p.empty", {}, `${count(total - found.length)} more.`),
  );
}

async function drawList() {
  const now = view();
  const waiting = now.view === "waiting";
  tasks.hidden = !waiting;
  find("list").hidden = waiting || Boolean(now.only && now.execution);
  document.body.classList.toggle("only", Boolean(now.only && now.execution));
  if (waiting) return drawWaiting();
  if (find("list").hidden) return undefined;
  const { machine, status, text, order, ascending, beyond, skip, until } = now;
  const since = now.last ? String(Math.floor(Date.now() / 1000 - Number(now.last))) : now.since;
  const page = await look("executions", { machine, status, text, since, until, order, ascending, beyond, skip });
  if (view().machine !== machine) return undefined;
  const known = state.machines.machines.find((one) => one.arn === machine);
  listed.draw(page, machine ? known?.counts || {} : state.machines.counts, machine ? (known?.name ?? machineName(machine)) : null);
  return undefined;
}

// -- the one that is chosen ----------------------------------------------------------------------------------------------

function drawDetail() {
  const now = view();
  const key = now.execution ?? (now.view === "waiting" ? null : (now.machine ?? null));
  if (key === state.key) return void drawBar();
  state.detail?.close();
  state.detail = null;
  state.key = key;
  fill(find("detail"));
  document.body.classList.toggle("detailed", key !== null);
  if (now.execution) showExecution(now.execution, now.state);
  else if (now.machine && key) showMachine(now.machine);
}

/** @param {string} arn */
async function showMachine(arn) {
  let found;
  try {
    found = await look("machine", { arn });
  } catch (fault) {
    return complain(fault);
  }
  if (state.key !== arn) return undefined;
  const { machine, child_runs, about } = found;
  const { close } = mount(find("detail"), { machine, child_runs, live: {}, visits: [], events: [], selected: view().state });
  const lines = about.definition.split("\n");
  find("detail").append(
    h(
      "details.definition",
      {},
      h("summary", {}, "Definition"),
      h(
        "div.code",
        { role: "region", "aria-label": "Definition", tabindex: "0" },
        copyButton(() => about.definition, "the definition"),
        h(
          "ol",
          {},
          lines.map((one) => h("li", {}, h("code", {}, one))),
        ),
      ),
    ),
  );
  state.detail = { close };
  return undefined;
}

let bar = h("div.bar");
/** @type {About|null} */
let about = null;

/** @param {string} arn @param {string=} chosen the state's address */
function showExecution(arn, chosen) {
  bar = h("div.bar");
  about = null;
  const said = h("p.said", { role: "alert" });
  const place = h("div");
  fill(find("detail"), bar, said, place);
  const machine = machineOf(arn);
  const run = new RunView(place, {
    arn,
    state: chosen,
    open: (other) => go({ ...view(), execution: other, machine: view().machine && machineOf(other), state: undefined }),
    again: async () => {
      const { input } = await look("execution", { arn });
      const { executionArn } = await call("StartExecution", { stateMachineArn: machine, input });
      go({ ...view(), execution: executionArn, state: undefined });
    },
    failed: (words) => {
      said.textContent = words;
    },
    ended: () => drawAbout(arn, run, said),
  });
  state.detail = run;
  drawAbout(arn, run, said);
}

/** @param {string} arn @param {RunView} run @param {HTMLElement} said where it is said what went wrong */
async function drawAbout(arn, run, said) {
  try {
    about = { ...(await look("execution", { arn })), arn, run, said };
  } catch (fault) {
    if (fault instanceof TokenWanted) askToken();
    return;
  }
  if (state.key === arn) drawBar();
}

/** The line above an execution: where it belongs, and what can be done with it. */
function drawBar() {
  const now = view();
  if (!about || about.arn !== now.execution) return;
  const { arn, run, said, name, input, stateMachineArn: machine } = about;
  const can = about.redriveStatus === "REDRIVABLE";
  const redrive = async () => {
    said.textContent = "";
    try {
      await call("RedriveExecution", { executionArn: arn });
      run.again();
      await drawAbout(arn, run, said);
    } catch (fault) {
      said.textContent = why(fault);
    }
  };
  const running = about.status === "RUNNING";
  /** @param {string} key @param {string} text @param {() => void} onclick @param {import("./dom.js").Props} more */
  const button = (key, text, onclick, more = {}) => h("button.btn", { type: "button", data: { key }, onclick, ...more }, text);
  fill(
    bar,
    link({ machine }, { title: machine }, machineName(machine)),
    h("span", { "aria-hidden": "true" }, "›"),
    h("b", { title: arn }, about.name),
    pill(about.status),
    copyButton(() => arn, "the execution's ARN"),
    h("span.grow"),
    button("bar:start", "Start with this input …", () => begin(machine, input)),
    running && button("bar:stop", "Stop with a reason …", () => stop({ arn, name })),
    !running &&
      about.status !== "SUCCEEDED" &&
      button(
        "bar:redrive",
        "Redrive",
        redrive,
        can ? { title: "Go on from the states that did not succeed" } : { disabled: true, title: about.redriveStatusReason },
      ),
    button("bar:only", now.only ? "Show the list" : "Hide the list", () => go({ ...view(), only: view().only ? undefined : "1" })),
    button("bar:close", "Close", () => go({ ...view(), execution: undefined, state: undefined, only: undefined })),
  );
}

find("detail").addEventListener("sfn-select", (event) => note(/** @type {CustomEvent<string|null>} */ (event).detail));

/** @param {unknown} fault */
function complain(fault) {
  if (fault instanceof TokenWanted) askToken();
  else fill(find("detail"), h("p.said", { role: "alert" }, why(fault)));
}

// -- news ----------------------------------------------------------------------------------------------------------------

let drawn = 0;

async function refresh(anew = false) {
  try {
    const { version, waiting } = await look("changes");
    find("gone").hidden = true;
    if (!anew && version === state.version && waiting === state.waiting) return void listed.tick();
    const mine = ++drawn; // only the last one that has something to draw does
    Object.assign(state, { version, waiting });
    const machines = await look("machines", { text: state.filter, chosen: view().machine });
    if (mine !== drawn) return;
    state.machines = machines;
    drawMachines();
    await drawList();
    if (about && about.arn === state.key && (anew || about.status === "RUNNING")) await drawAbout(about.arn, about.run, about.said);
  } catch (fault) {
    if (fault instanceof TokenWanted) return void askToken();
    find("gone").textContent = "The server does not answer. What is shown is what it said last.";
    find("gone").hidden = false;
  }
}

function show() {
  const { machine, execution } = view();
  document.title = `${execution ? `${execution.split(":")[7] ?? ""} · ` : ""}${machine ? machineName(machine) : "sfnbook"} · Step Functions on this machine`;
  drawMachines();
  drawDetail();
  return refresh(true);
}

onView(show);
show();

/** The next look waits at least five times as long as the last one took. */
async function follow() {
  const began = performance.now();
  if (!document.hidden && !document.querySelector("dialog.token")) await refresh();
  setTimeout(follow, Math.max(PACE, 5 * (performance.now() - began)));
}
setTimeout(follow, PACE);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
