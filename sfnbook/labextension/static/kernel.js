// kernel: questions to the kernel's side (sfnbook.notebook.editor) over one comm for each kernel, and their answers.

const TARGET = "sfnbook.editor";
/** Milliseconds after which a question that is not answered is reported as waiting. */
export const PATIENCE = 400;
/** Milliseconds before a comm that the kernel has refused (no %load_ext sfnbook yet) is tried again. */
const RETRY = 1500;

/** @typedef {{resolve: (answer: any) => void, timer: number}} Asked */

export class Kernel {
  /** @type {WeakMap<object, Kernel>} */
  static #known = new WeakMap();

  /**
   * Returns the one that asks a kernel, the same for all its cells.
   * @param {any} connection
   */
  static of(connection) {
    let known = Kernel.#known.get(connection);
    if (!known) Kernel.#known.set(connection, (known = new Kernel(connection)));
    return known;
  }

  /** @param {any} connection JupyterLab's IKernelConnection */
  constructor(connection) {
    this.connection = connection;
    /** @type {Map<number, Asked>} */
    this.asked = new Map();
    this.number = 0;
    this.refused = 0;
  }

  get busy() {
    return this.connection.status === "busy";
  }

  /**
   * Asks, and resolves with the answer; with null where the kernel has no editor's side or has gone.
   * @param {Record<string, any>} question
   * @param {() => void} [waiting] called when no answer has come for a while
   * @returns {Promise<any>}
   */
  ask(question, waiting) {
    const comm = this.#open();
    if (!comm) return Promise.resolve(null);
    const id = ++this.number;
    return new Promise((resolve) => {
      const timer = window.setTimeout(() => waiting?.(), PATIENCE);
      this.asked.set(id, { resolve, timer });
      comm.send({ ...question, id });
    });
  }

  /**
   * Asks for somebody who pressed a key: also where the kernel has just refused, and once more if it does so now.
   * @param {Record<string, any>} question
   * @returns {Promise<any>}
   */
  async askNow(question) {
    this.refused = 0;
    const answer = await this.ask(question);
    if (answer) return answer;
    this.refused = 0;
    return this.ask(question);
  }

  #open() {
    if (this.comm && !this.comm.isDisposed) return this.comm;
    if (Date.now() - this.refused < RETRY || this.connection.isDisposed) return null;
    const comm = this.connection.createComm(TARGET);
    comm.onMsg = (/** @type {any} */ message) => {
      const answer = message.content.data;
      const asked = this.asked.get(answer.id);
      this.asked.delete(answer.id);
      window.clearTimeout(asked?.timer);
      asked?.resolve(answer);
    };
    comm.onClose = () => {
      this.refused = Date.now();
      this.comm = null;
      for (const { resolve, timer } of this.asked.values()) {
        window.clearTimeout(timer);
        resolve(null);
      }
      this.asked.clear();
    };
    comm.open();
    this.comm = comm;
    return comm;
  }
}
