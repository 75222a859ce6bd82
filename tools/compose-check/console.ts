import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { callReplica } from '@breakwater/contracts/replicas';

/** The checked part of the console's snapshot, which it sends once per second. */
export interface Snapshot {
  readonly accounts: readonly ConsoleReplica[];
  readonly customers: readonly ConsoleReplica[];
}

/** A replica in a snapshot. */
export interface ConsoleReplica {
  readonly name: string;
  /** Why it cannot be reached; `null` when it can. */
  readonly problem: string | null;
  readonly breakers?: Readonly<Record<string, { readonly state: string }>>;
}

/** A response of the console's API with the responses of the replicas. */
export interface ConsoleResponse {
  readonly status: number;
  readonly replicas: readonly { readonly replica: string; readonly status: number }[];
}

/** Checks the page, its assets and its content security policy. @throws Error when one is missing */
export async function requirePage(gatewayUrl: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(`${gatewayUrl}/console`, { signal });
  const text = await response.text();
  if (!response.ok || !text.includes('<title>Breakwater console</title>')) {
    throw new Error(`/console responded with ${response.status} without the console`);
  }
  if (response.headers.get('content-security-policy')?.includes("default-src 'none'") !== true) {
    throw new Error('The page of the console may load external content');
  }
  for (const [, file = ''] of text.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)) {
    const asset = await fetch(gatewayUrl + file, { signal });
    await asset.body?.cancel();
    if (!asset.ok) throw new Error(`${file} of the console responded with ${asset.status}`);
  }
}

/** The next snapshot in the stream. @throws Error when the stream ends first */
export async function nextSnapshot(gatewayUrl: string, signal: AbortSignal): Promise<Snapshot> {
  const enough = new AbortController();
  try {
    const either = AbortSignal.any([signal, enough.signal, AbortSignal.timeout(15_000)]);
    const { body } = await fetch(`${gatewayUrl}/console/api/stream`, { signal: either });
    let text = '';
    for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part;
      const [, data] = /^event: snapshot\ndata: (.*)\n\n/m.exec(text) ?? [];
      if (data !== undefined) return JSON.parse(data) as Snapshot;
    }
    throw new Error("The console's stream ended without a snapshot");
  } finally {
    enough.abort();
  }
}

/** Sends a change to the console. @param token the token of the changed service; omitted, none is sent */
export async function askConsole(
  gatewayUrl: string,
  { route, token, ...request }: { method: string; route: string; body: object; token?: string },
): Promise<ConsoleResponse> {
  const authorization = token === undefined ? undefined : `Bearer ${token}`;
  const url = `${gatewayUrl}/console/api${route}`;
  const { status, body } = await callReplica(url, { ...request, authorization, timeoutMs: 15_000 });
  const { replicas = [] } = body as Partial<ConsoleResponse>;
  return { status, replicas };
}

/** A token that compose gives to a service. */
export async function composeToken(name: 'faults-token' | 'actuator-token'): Promise<string> {
  const folder = process.env['SECRETS_DIR'] ?? path.join(import.meta.dirname, '../../compose/secrets');
  return (await readFile(path.join(folder, name), 'utf8')).trim();
}
