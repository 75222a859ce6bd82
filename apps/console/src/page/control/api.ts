/** Where the server's API is, beside the page. */
const api = '/console/api';

/** What a replica said to a request that went to all of them. */
interface ReplicaAnswer {
  readonly replica: string;
  readonly status: number;
  readonly body: unknown;
}

/** How a request ended, in words for whoever asked. */
export interface Outcome {
  readonly isDone: boolean;
  readonly message: string;
}

/** Whoever changes something shows that he may; the server passes it on and forgets it. */
export interface Command {
  readonly method: 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly token?: string;
}

/** Sends a command, and says how it ended. */
export async function send({ method, path, body, token }: Command): Promise<Outcome> {
  try {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return { isDone: true, message: 'Done.' };
    return { isDone: false, message: describe(response.status, await response.json().catch(() => null), token) };
  } catch {
    return { isDone: false, message: 'The console does not answer.' };
  }
}

/** Begins an experiment and hands over each line of its story. Resolves with why it failed; undefined when it did not. */
export async function runExperiment(name: string, onLine: (line: string) => void): Promise<string | undefined> {
  try {
    const response = await fetch(`${api}/experiments/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    if (!response.ok || response.body === null) {
      if (response.status === 404) return 'Account does not offer experiments: start it with DEMO_MODE=true.';
      return describe(response.status, await response.json().catch(() => null), undefined);
    }
    let rest = '';
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') onLine(line);
    }
    return undefined;
  } catch {
    return 'The experiment broke off: the console or account went away.';
  }
}

function describe(status: number, body: unknown, token: string | undefined): string {
  if (status === 401) return token ? 'That token is not the right one.' : 'This takes a token: enter it first.';
  if (status === 404 && hasReplicas(body)) return 'The services have no token set, so that nobody can change this.';
  if (hasReplicas(body)) {
    const failed = body.replicas.filter((each) => each.status < 200 || each.status > 299);
    return failed
      .map(({ replica, status: code }) => `${replica} ${code === 0 ? 'is unreachable' : `said ${code}`}`)
      .join(', ');
  }
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : undefined;
  return detail ?? `The console said ${status}.`;
}

function hasReplicas(body: unknown): body is { readonly replicas: readonly ReplicaAnswer[] } {
  return typeof body === 'object' && body !== null && 'replicas' in body && Array.isArray(body.replicas);
}
