// server: what the page asks of the server that it came from, and what it tells it to do. Looking is GET /look/...;
// doing is the Step Functions API itself, whose X-Amz-Target header no page of another origin can send.

/**
 * @typedef {object} Answers what the server says, by what it is asked: `sfnbook.server.page_lists`
 * @property {Changes} changes
 * @property {MachineList} machines
 * @property {ExecutionList} executions
 * @property {ExecutionHead} execution
 * @property {LastInput} input
 * @property {WaitingList} waiting
 * @property {{machine: MachineMessage, child_runs: ChildRunsMessage, about: {name: string, type: string, definition: string}}} machine
 * @property {PageReply} value
 */

/** The server asks for its token. */
export class TokenWanted extends Error {}

/** The server said no, in its own words. */
export class Refused extends Error {
  /** @param {string} kind  as "ExecutionAlreadyExists" @param {string} message */
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/**
 * Ask for what is shown.
 * @template {keyof Answers} Path
 * @param {Path} path
 * @param {Record<string, string|null|undefined>} parameters  those without a value are left out
 * @returns {Promise<Answers[Path]>} rejected with TokenWanted, Refused, or TypeError when nobody answers
 */
export async function look(path, parameters = {}) {
  const given = Object.entries(parameters).flatMap(([key, value]) => (value ? [[key, value]] : []));
  const answer = await fetch(`/look/${path}?${new URLSearchParams(given)}`);
  if (answer.status === 403) throw new TokenWanted();
  const body = await answer.json();
  if (!answer.ok && body.error) throw new Refused("", body.error);
  return body;
}

/**
 * Carry out an action of the Step Functions API.
 * @param {string} action  as "StartExecution"
 * @param {object} request
 * @returns {Promise<Record<string, string>>} rejected with Refused
 */
export async function call(action, request) {
  const answer = await fetch("/", {
    method: "POST",
    headers: { "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": `AWSStepFunctions.${action}` },
    body: JSON.stringify(request),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Refused((body.__type || "").split("#").pop(), body.message || body.Message || `HTTP ${answer.status}`);
  return body;
}
