// run_view: the widget over one execution, fed by server-sent events, or over a machine. Knows nothing of lists and addresses.
import widget from "/page/widget.js";
import { h } from "./dom.js";
import { why } from "./format.js";
import { call, look } from "./server.js";

const TRAITS = ["visits", "events", "child_runs", "live"];

/** What the widget asks of a run; other messages do something. */
const ASKED = new Set(["value", "lineage", "events", "logs", "child", "visit", "outlines", "items", "try", "picture"]);

/** @typedef {(message?: any) => void} Listener */

/** A model as anywidget gives it to the widget: traits that change, messages both ways. */
class Model {
  /** @param {Record<string, unknown>} traits @param {(message: PageRequest) => void} hear */
  constructor(traits, hear) {
    this.traits = traits;
    this.hear = hear;
    /** By event. @type {Record<string, Listener[]>} */
    this.listeners = {};
  }
  /** @param {string} name @returns {any} */
  get(name) {
    return this.traits[name];
  }
  /** @param {string} name @param {unknown} value */
  set(name, value) {
    this.traits[name] = value;
    this.#tell(`change:${name}`);
  }
  /** @param {string} name @param {Listener} listener */
  on(name, listener) {
    (this.listeners[name] ||= []).push(listener);
  }
  /** @param {string} name @param {Listener} listener */
  off(name, listener) {
    this.listeners[name] = (this.listeners[name] || []).filter((known) => known !== listener);
  }
  /** @param {PageRequest} message */
  send(message) {
    this.hear(message);
  }
  /** @param {PageReply} message */
  answer(message) {
    this.#tell("msg:custom", message);
  }
  save_changes() {}
  /** @param {string} name @param {PageReply=} message */
  #tell(name, message) {
    for (const listener of [...(this.listeners[name] || [])]) listener(message);
  }
}

/**
 * Put the widget into a place.
 * @param {HTMLElement} place @param {Record<string, unknown>} traits @param {(message: PageRequest) => void} hear
 * @returns {{model: Model, close: () => void}}
 */
export function mount(place, traits, hear = () => {}) {
  const host = h("div");
  place.append(host);
  const model = new Model(traits, hear);
  const unmount = widget.render({ model, el: host });
  return {
    model,
    close: () => {
      if (typeof unmount === "function") unmount();
      host.remove();
    },
  };
}

/** One execution as it goes on. A page that nobody sees holds no line to the server: browsers have six for all their tabs. */
export class RunView {
  /**
   * @param {HTMLElement} place
   * @param {{arn: string, state?: string, open: (arn: string) => void, again: () => Promise<void>, failed: (words: string) => void, ended: () => void}} options
   */
  constructor(place, options) {
    this.place = place;
    this.options = options;
    /** @type {{model: Model, close: () => void}|null} */
    this.shown = null;
    this.over = false;
    /** @type {EventSource|null} */
    this.source = null;
    this.onHidden = () => {
      if (document.hidden) this.#shut();
      else if (!this.over && !this.source) this.#watch();
    };
    document.addEventListener("visibilitychange", this.onHidden);
    this.#watch();
  }

  #watch() {
    const { arn } = this.options;
    const source = (this.source = new EventSource(`/look/watch?${new URLSearchParams({ arn })}`));
    source.addEventListener("machine", (event) => {
      const machine = JSON.parse(event.data);
      if (this.shown) this.shown.model.set("machine", machine);
      else
        this.shown = mount(this.place, { machine, live: {}, visits: [], events: [], child_runs: {}, selected: this.options.state }, (message) =>
          this.#hear(message),
        );
    });
    for (const name of TRAITS) source.addEventListener(name, (event) => this.shown?.model.set(name, JSON.parse(event.data)));
    source.addEventListener("end", () => {
      this.over = true;
      this.#shut();
      this.options.ended();
    });
    source.addEventListener("error", async () => {
      if (this.shown || source.readyState !== EventSource.CLOSED) return;
      try {
        await look("execution", { arn });
      } catch (fault) {
        this.options.failed(why(fault));
      }
    });
  }

  /** Look again: it may go on, as after a redrive. */
  again() {
    this.over = false;
    this.#shut();
    this.#watch();
  }

  #shut() {
    this.source?.close();
    this.source = null;
  }

  /** Do what the widget asks for. @param {PageRequest} message */
  async #hear(message) {
    const { arn } = this.options;
    const answer = (/** @type {PageReply} */ said) => this.shown?.model.answer(said);
    const told = this.#action(message);
    try {
      if (message.kind === "ping" || message.kind === "stop") answer({ kind: message.kind, id: message.id ?? "" }); // heard
      if (told) await call(...told);
      if (message.kind === "run_again") await this.options.again();
      if (ASKED.has(message.kind) || message.kind === "open") {
        const said = await look("value", { arn, wanted: JSON.stringify(message) });
        answer(said);
        if (message.kind === "open" && said.found && said.arn) this.options.open(said.arn);
      }
    } catch (fault) {
      if (message.id !== undefined && !told) answer({ kind: message.kind, id: message.id, text: null });
      else this.options.failed(why(fault));
    }
  }

  /** The API's action that a message stands for, null for none. @param {PageRequest} message @returns {[action: string, request: object]|null} */
  #action({ kind, token, output, error, cause }) {
    switch (kind) {
      case "stop":
        return ["StopExecution", { executionArn: this.options.arn }];
      case "send_task_success":
        return ["SendTaskSuccess", { taskToken: token, output }];
      case "send_task_failure":
        return ["SendTaskFailure", { taskToken: token, error, cause }];
      default:
        return null;
    }
  }

  close() {
    document.removeEventListener("visibilitychange", this.onHidden);
    this.#shut();
    this.shown?.close();
    this.shown = null;
  }
}
