// format: numbers as people read them.

const whole = new Intl.NumberFormat("en-US");

/** 262144 -> "262,144" @param {number} n */
export const count = (n) => whole.format(n);

/** "1 event", "3 events" @param {number} n @param {string} noun */
export const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;

/** Seconds on the machine's clock: "0 s", "3 ms", "1.4 s", "4 min 1 s", "2 h 5 min". @param {number|null|undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds === 0) return "0 s";
  if (seconds < 0.0995) return `${trim(seconds * 1000, seconds < 0.00995 ? 1 : 0)} ms`;
  if (seconds < 59.95) return `${trim(seconds, 1)} s`;
  const total = Math.round(seconds);
  if (total < 3600)
    return parts([
      [Math.floor(total / 60), "min"],
      [total % 60, "s"],
    ]);
  if (total < 86400)
    return parts([
      [Math.floor(total / 3600), "h"],
      [Math.floor((total % 3600) / 60), "min"],
    ]);
  return parts([
    [Math.floor(total / 86400), "d"],
    [Math.floor((total % 86400) / 3600), "h"],
  ]);
}

/** A moment since the run's start, to the millisecond: "0.009 s", "1:00:00.009", "1 d 02:00:00.500". @param {number} ms */
export function stamp(ms) {
  const whole = Math.round(ms);
  const pad = (/** @type {number} */ n, digits = 2) => String(n).padStart(digits, "0");
  const [rest, seconds, minutes, hours, days] = [
    whole % 1000,
    Math.floor(whole / 1000) % 60,
    Math.floor(whole / 60_000) % 60,
    Math.floor(whole / 3_600_000) % 24,
    Math.floor(whole / 86_400_000),
  ];
  if (whole < 60_000) return `${seconds}.${pad(rest, 3)} s`;
  const clock = `${pad(minutes)}:${pad(seconds)}.${pad(rest, 3)}`;
  if (!days && !hours) return clock.replace(/^0/, "");
  return days ? `${count(days)} d ${pad(hours)}:${clock}` : `${hours}:${clock}`;
}

/** A difference: "+9.6 ms", "+1.4 s", "+0 ms". @param {number} ms */
export const later = (ms) => (ms < 0.05 ? "+0 ms" : `+${ms < 99.5 ? `${trim(ms, 1)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : duration(ms / 1000)}`);

/** @param {[number, string][]} pairs */
const parts = (pairs) =>
  pairs
    .filter(([n]) => n)
    .map(([n, unit]) => `${count(n)} ${unit}`)
    .join(" ");
/** @param {number} number @param {number} digits */
const trim = (number, digits) => String(Number(number.toFixed(digits)));

/** "118 B", "8.0 kB", "1.2 MB" @param {number} n */
export function bytes(n) {
  if (n < 10_000) return `${count(n)} B`;
  if (n < 1_000_000) return `${Math.round(n / 1000)} kB`;
  return `${(n / 1e6).toFixed(1)} MB`;
}

/** The middle of a long text left out: "arn:aws:lam…function:ship". @param {string} text @param {number} length */
export function elide(text, length) {
  const letters = Intl.Segmenter ? Array.from(new Intl.Segmenter().segment(text), (part) => part.segment) : Array.from(text);
  if (letters.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (length - 1 - head)).join("")}`;
}

/** What an error says, whatever was thrown. @param {unknown} problem */
export const why = (problem) => (problem instanceof Error ? problem.message : String(problem));

/** Dollars with as many digits as say something. @param {number} dollars */
export const money = (dollars) =>
  dollars === 0
    ? "$0"
    : dollars >= 1
      ? `$${whole.format(Number(dollars.toPrecision(4)))}`
      : `$${dollars.toFixed(dollars < 0.01 ? 6 : 4).replace(/0{1,3}$/, "")}`;

/** @typedef {"run"|"ok"|"bad"|"caught"|"gone"|"held"} StatusColor a colour of the page that means a status */

/**
 * What each status of an execution is called, and the mark beside its colour.
 * @type {Record<string, {text: string, color: StatusColor, mark: string}>}
 */
export const STATUS = {
  RUNNING: { text: "RUNNING", color: "run", mark: "●" },
  SUCCEEDED: { text: "SUCCEEDED", color: "ok", mark: "✓" },
  FAILED: { text: "FAILED", color: "bad", mark: "✕" },
  TIMED_OUT: { text: "TIMED OUT", color: "bad", mark: "◷" },
  ABORTED: { text: "ABORTED", color: "gone", mark: "⊘" },
};

/** Of each status of a state, a visit or an attempt. @type {Record<string, StatusColor>} */
export const STATUS_COLORS = {
  running: "run",
  waiting: "run",
  succeeded: "ok",
  failed: "bad",
  timed_out: "bad",
  caught: "caught",
  aborted: "gone",
  paused: "held",
};

/** The colour class of a state's or visit's status. @param {string} status @returns {StatusColor|"none"} */
export const statusColor = (status) => STATUS_COLORS[status] || "none";
