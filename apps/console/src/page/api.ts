import { type LookupEvent, parseLookupEvent, readJsonLines } from '@breakwater/contracts/experiments';

/** Path of the server's API. */
const api = '/console/api';

/** A request that changes the system. */
export interface Command {
  readonly method: 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  /** The server forwards it to the services and does not store it. */
  readonly token?: string;
}

/** The path of a change of faults on one replica of customer alone, or on all of them. */
export const onReplica = (path: string, replica: string | undefined): string =>
  replica === undefined ? path : `${path}?replica=${encodeURIComponent(replica)}`;

export interface CommandResult {
  readonly isDone: boolean;
  /** What was done, or why it failed. */
  readonly message: string;
  /** The trace of a failure, from the problem details of the response. */
  readonly traceId?: string | undefined;
}

const commandEvent = 'breakwater-command';

/** Calls the listener with each command that has succeeded. @returns a function that ends it */
export function onCommand(listener: (command: Command) => void): () => void {
  const onEvent = (event: Event): void => listener((event as CustomEvent<Command>).detail);
  document.addEventListener(commandEvent, onEvent);
  return () => document.removeEventListener(commandEvent, onEvent);
}

export async function send(command: Command): Promise<CommandResult> {
  const { method, path, body, token } = command;
  try {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) {
      document.dispatchEvent(new CustomEvent(commandEvent, { detail: command }));
      return { isDone: true, message: 'Done.' };
    }
    return { isDone: false, ...(await failureOf(response, token)) };
  } catch {
    return { isDone: false, message: 'The console does not respond.' };
  }
}

const interrupted = 'The experiment was interrupted: the console or account has stopped.';

/** What to do when account does not offer experiments: its production entry never does. */
export const howToOfferExperiments =
  'Run its lab entry (src/lab/main.ts, image breakwater/account-lab) with DEMO_MODE=true.';

/** Runs an experiment. Resolves with the reason when it fails, with undefined otherwise. */
export async function runExperiment(name: string, onEvent: (event: LookupEvent) => void): Promise<string | undefined> {
  try {
    const response = await fetch(`${api}/experiments/${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    if (response.status === 404) return `Account does not offer experiments. ${howToOfferExperiments}`;
    if (!response.ok || response.body === null) return (await failureOf(response)).message;
    let hasEnded = false;
    for await (const value of readJsonLines(chunksOf(response.body))) {
      const event = parseLookupEvent(value);
      onEvent(event);
      hasEnded = event.type === 'end';
    }
    return hasEnded ? undefined : interrupted;
  } catch {
    return interrupted;
  }
}

/** Not every browser can iterate over a stream. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

interface ReplicaResponse {
  readonly replica: string;
  readonly status: number;
  /** Problem details, if the replica refused the request. */
  readonly body?: unknown;
}

async function failureOf(response: Response, token?: string): Promise<Omit<CommandResult, 'isDone'>> {
  const { status } = response;
  const body = (await response.json().catch(() => null)) as {
    readonly replicas?: readonly ReplicaResponse[];
    readonly detail?: string;
  } | null;
  const failed = body?.replicas?.filter((each) => each.status < 200 || each.status > 299);
  const [traceId] = failed?.flatMap((each) => traceIdOf(each.body) ?? []) ?? [];
  return { message: messageOf(status, failed, body?.detail, token), traceId };
}

function messageOf(
  status: number,
  failed: readonly ReplicaResponse[] | undefined,
  detail: string | undefined,
  token: string | undefined,
): string {
  if (status === 401) return token ? 'The token is wrong.' : 'A token is required. Enter it first.';
  if (failed === undefined) return detail ?? `The console responded with status ${status}.`;
  if (status === 404) return 'This is disabled: the services have no token configured.';
  return failed
    .map(({ replica, status: code }) => `${replica} ${code === 0 ? 'is unreachable' : `responded with status ${code}`}`)
    .join(', ');
}

function traceIdOf(body: unknown): string | undefined {
  const { traceId } = Object(body) as { readonly traceId?: unknown };
  return typeof traceId === 'string' ? traceId : undefined;
}
