// kernel: questions to Python and their answers. A page cannot know why there is none: the kernel may be busy with a
// cell, or gone. So it says both, and shows what it has.

const PATIENCE = 4000;
const SILENT = "No answer: the kernel is busy or gone.";
const NOBODY = "This is a saved page without a kernel.";

export class Kernel {
  /**
   * @param {{send: (message: PageRequest) => void}} model
   * @param {(here: boolean) => void} onChange  called when it begins or stops to answer
   * @param {boolean} nobody  an exported page: nobody can ever answer
   */
  constructor(model, onChange, nobody = false) {
    this.model = model;
    this.nobody = nobody;
    this.onChange = onChange;
    /** @type {Map<string, (reply: PageReply) => void>} */
    this.waiting = new Map();
    /** @type {boolean|null} */
    this.here = null; // not known yet
  }

  /**
   * Ask; the answer is the message with the same id.
   * @param {RequestKind} kind @param {Partial<PageRequest>} request
   * @param {number} patience milliseconds
   * @param {boolean} busy that nobody answers in time does not mean that nobody is here
   * @returns {Promise<PageReply>} rejected when nobody answers
   */
  ask(kind, request = {}, patience = PATIENCE, busy = false) {
    if (this.nobody) return Promise.reject(new Error(NOBODY));
    const id = `${Date.now()}-${this.waiting.size}-${Math.random().toString(36).slice(2, 8)}`;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.waiting.delete(id);
        if (!busy) this.#is(false);
        reject(new Error(SILENT));
      }, patience);
      this.waiting.set(id, (message) => {
        clearTimeout(late);
        resolve(message);
      });
      try {
        this.model.send({ kind, id, ...request });
      } catch {
        /* no line at all: that is told when patience ends */
      }
    });
  }

  /** Take a message from Python. @param {PageReply} message */
  hear(message) {
    this.#is(true);
    this.waiting.get(message?.id)?.(message);
    this.waiting.delete(message?.id);
  }

  /** Something came from Python, whatever it was. */
  alive() {
    this.#is(true);
  }

  /** @param {boolean} here */
  #is(here) {
    if (this.here === here) return;
    this.here = here;
    this.onChange(here);
  }

  dispose() {
    this.onChange = () => {};
  }
}
