// clock: what the machine's clock shows between two pieces of news, so that a long wait is seen to pass. Knows how fast
// the clock goes; not who looks at it.

import { duration } from "./format.js";

const BEAT = 250;
const GRACE = 3; // seconds of the reader's time that news of an end may take

export class Ticker {
  /** @param {() => void} tell called at every beat while the clock goes on */
  constructor(tell) {
    this.tell = tell;
    /** @type {Partial<LiveMessage>} */
    this.live = {};
    this.heard = 0; // when the news came, in ms of the page's clock
    this.seen = true; // somebody has the widget in sight
    /** @type {number|null} */
    this.beat = null;
  }

  /** Take news. @param {LiveMessage} live */
  take(live) {
    if (live === this.live) return;
    this.live = live;
    this.heard = performance.now();
    if (live.status !== "RUNNING" || !live.rate || live.debug?.paused || live.debug?.past) this.stop();
    else
      this.beat ??= setInterval(() => {
        if (!document.hidden && this.seen) this.tell();
      }, BEAT);
  }

  /** Now, in seconds since the start; where what is due did not come, no further. */
  get seconds() {
    const { seconds = 0, rate = 0, timers } = this.live;
    if (!this.beat) return seconds;
    const due = timers ? Math.min(...Object.values(timers)) : Infinity;
    return Math.max(seconds, Math.min(seconds + ((performance.now() - this.heard) / 1000) * rate, due + GRACE * rate));
  }

  stop() {
    clearInterval(this.beat ?? undefined);
    this.beat = null;
  }
}

/** How long until a moment, in words: "4 s", "1 min 20 s"; "0 s" once it is past. @param {number} until @param {number} now in seconds */
export const timeLeft = (until, now) => duration(Math.max(0, Math.ceil(until - now)));
