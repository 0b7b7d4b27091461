// picture: the diagram below a cell's text, drawn by the kernel while one types. The last good one stays, dimmed, while the text
// is broken. A click on a state moves the cursor to its lines; the state of the cursor's lines has a frame.

/**
 * @typedef {object} Place of a state: its box in the picture and its span in the cell's text
 * @property {string} name
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {number} from
 * @property {number} to
 *
 * @typedef {object} Drawn
 * @property {string} svg
 * @property {number} width
 * @property {number} height
 * @property {Place[]} states
 */

export class Picture {
  /**
   * @param {(offset: number) => void} go moves the cursor
   */
  constructor(go) {
    this.go = go;
    /** @type {Drawn | null} */
    this.drawn = null;
    this.node = document.createElement("section");
    this.node.className = "sfn-draft";
    this.node.hidden = true;
    this.node.setAttribute("aria-label", "Diagram of the text as it stands");
    const head = document.createElement("header");
    this.title = document.createElement("span");
    this.note = document.createElement("span");
    this.note.className = "sfn-note";
    this.note.setAttribute("role", "status");
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Hide";
    close.title = "Hide this diagram; Alt-D shows it again";
    close.onclick = () => this.hide();
    head.append(this.title, this.note, close);
    this.stage = document.createElement("div");
    this.stage.className = "sfn-stage";
    this.node.append(head, this.stage);
  }

  hide() {
    this.node.hidden = true;
    this.dismissed = true;
  }

  toggle() {
    if (this.node.hidden && this.drawn) {
      this.dismissed = false;
      this.node.hidden = false;
    } else this.hide();
  }

  /** @param {string} name @param {Drawn | null} drawn null keeps the last one, dimmed @param {number} cursor */
  show(name, drawn, cursor) {
    this.title.textContent = name;
    this.node.classList.toggle("sfn-stale", !drawn);
    this.say(drawn ? "" : "as it was before the text broke");
    if (drawn) {
      this.drawn = drawn;
      this.#draw(drawn);
    }
    if (this.drawn && !this.dismissed) this.node.hidden = false;
    this.light(cursor);
  }

  /** @param {string} text */
  say(text) {
    this.note.textContent = text;
  }

  /** @param {number} cursor offset in the text: frames the innermost state around it */
  light(cursor) {
    const found = (this.drawn?.states ?? []).filter((one) => one.from <= cursor && cursor <= one.to);
    const inner = found.sort((a, b) => a.to - a.from - (b.to - b.from))[0];
    for (const [place, button] of this.buttons ?? []) button.classList.toggle("sfn-here", place === inner);
  }

  /** @param {Drawn} drawn */
  #draw(drawn) {
    const image = document.createElement("img");
    image.alt = `Diagram of ${this.title.textContent}`;
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawn.svg)}`;
    image.width = drawn.width;
    image.height = drawn.height;
    const sheet = document.createElement("div");
    sheet.className = "sfn-sheet";
    sheet.style.width = `${drawn.width}px`;
    sheet.style.height = `${drawn.height}px`;
    /** @type {[Place, HTMLButtonElement][]} */
    this.buttons = drawn.states.map((place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sfn-state";
      button.title = `Go to ${place.name}`;
      button.setAttribute("aria-label", `Go to ${place.name}`);
      Object.assign(button.style, { left: `${place.x}px`, top: `${place.y}px`, width: `${place.width}px`, height: `${place.height}px` });
      button.onclick = () => this.go(place.from);
      return [place, button];
    });
    sheet.append(image, ...this.buttons.map(([, button]) => button));
    this.stage.replaceChildren(sheet);
  }
}
