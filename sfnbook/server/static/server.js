// server: what the page asks of the server that it came from, and what it tells it to do. Looking is GET /look/...;
// doing is the Step Functions API itself, whose X-Amz-Target header no page of another origin can send.

/**
 * @typedef {Record<string, number>} Counts executions by status
 * @typedef {{arn: string, name: string, type: string, counts: Counts}} MachineRow
 * @typedef {{machines: MachineRow[], found: number, known: number, counts: Counts, region: string, guarded?: boolean}} Machines
 *   `found` of `known` have the text that was asked for; `counts`: of all; `guarded`: a client needs the server's token
 * @typedef {{id: number, arn: string, name: string, machine: string, status: string, start: string, seconds: number|null,
 *   error: string|null, cause: string|null, redrives: number}} ExecutionRow `start`: as ISO 8601
 * @typedef {{stateMachineArn: string, name: string, status: string, redriveStatus?: string, redriveStatusReason?: string,
 *   input: string}} Execution as DescribeExecution has it
 * @typedef {{token: string, state: string, address: string, execution: string, name: string, machine: string, words: string}} WaitingTask
 *
 * @typedef {object} Answers what the server says, by what it is asked: `sfnbook.server.page_lists`
 * @property {{version: number, waiting: number}} changes
 * @property {Machines} machines
 * @property {{executions: ExecutionRow[], more: boolean}} executions
 * @property {Execution} execution
 * @property {{input: string|null}} input of the machine's last execution, null where it never ran
 * @property {{tasks: WaitingTask[], total: number}} waiting
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
