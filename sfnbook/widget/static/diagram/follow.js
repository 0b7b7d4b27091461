// follow: which running state is kept in view: one as long as it runs, then the one entered last. Knows statuses and
// visits; not where a state is drawn.

export class Follower {
  on = false;
  /** @type {string|null} */
  followed = null;

  /** Begin or cease to follow. @param {boolean} on */
  turn(on) {
    this.on = on;
    this.followed = null;
  }

  /**
   * The state to keep in view now, null for none or the same as before.
   * @param {Record<string, {status?: string}>} statuses @param {{address: string, end_ms: number|null}[]} visits
   * @param {(address: string) => boolean} known whether it is a state of the picture that holds no others
   */
  next(statuses, visits, known) {
    const runs = (/** @type {string} */ address) => statuses[address]?.status === "running" && known(address);
    if (this.followed && runs(this.followed)) return null;
    const entered = visits.findLast?.((visit) => visit.end_ms === null && runs(visit.address))?.address;
    this.followed = entered ?? Object.keys(statuses).findLast?.(runs) ?? null;
    return this.followed;
  }
}
