// What Python and the page tell each other, made by tests/javascript/declarations.py from the TypedDicts in
// sfnbook/server/page_lists.py: change it there. These types are known in every module without an import.

/**
 * A number that grows with whatever the lists show, and how many tasks wait.
 */
interface Changes {
  version: number;
  waiting: number;
}

/**
 * What can be done with an execution and what it began with, in DescribeExecution's words.
 */
interface ExecutionHead {
  stateMachineArn: string;
  name: string;
  status: string;
  redriveStatus?: string;
  redriveStatusReason?: string;
  input: string;
}

/**
 * A page of executions. more: whether there is another page.
 */
interface ExecutionList {
  executions: ExecutionRow[];
  more: boolean;
}

/**
 * An execution in the list. id: grows with each. start: in ISO 8601. seconds: None while it runs.
 */
interface ExecutionRow {
  id: number;
  arn: string;
  name: string;
  machine: string;
  status: string;
  start: string;
  seconds: number | null;
  error: string | null;
  cause: string | null;
  redrives: number;
}

/**
 * The input of a machine's last execution as JSON text; None where it never ran.
 */
interface LastInput {
  input: string | null;
}

/**
 * The machines listed. found, known: how many have the text that was asked for, and how many there are.
 *
 * counts: all executions by status. guarded: a client's access key id is the server's token.
 */
interface MachineList {
  machines: MachineRow[];
  found: number;
  known: number;
  counts: Record<string, number>;
  region: string;
  guarded?: boolean;
}

/**
 * A machine in the list. counts: its executions by status.
 */
interface MachineRow {
  arn: string;
  name: string;
  type: string;
  counts: Record<string, number>;
}

/**
 * The tasks that wait, the oldest first; total: also those that are not listed.
 */
interface WaitingList {
  tasks: WaitingTask[];
  total: number;
}

/**
 * A task that waits for its token. name, machine: of its execution. words: what it waits for.
 */
interface WaitingTask {
  token: string;
  state: string;
  address: string;
  execution: string;
  name: string;
  machine: string;
  words: string;
}
