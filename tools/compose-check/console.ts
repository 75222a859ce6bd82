import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** What the console tells its pages once a second, as far as it is looked at. */
export interface Picture {
  readonly accounts: readonly ConsoleReplica[];
  readonly customers: readonly ConsoleReplica[];
}

/** How the console sees a replica. */
export interface ConsoleReplica {
  readonly name: string;
  /** Why it cannot be reached; `null` when it can. */
  readonly problem: string | null;
  readonly breakers?: Readonly<Record<string, { readonly state: string }>>;
}

/** An answer of the console's API: its status, and what each replica said. */
export interface ConsoleAnswer {
  readonly status: number;
  readonly replicas: readonly { readonly replica: string; readonly status: number }[];
}

/** The page, and whether its browser is told to load nothing from elsewhere. @throws Error where it is not there */
export async function requirePage(gatewayUrl: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(`${gatewayUrl}/console`, { signal });
  const text = await answer.text();
  if (!answer.ok || !text.includes('<title>Breakwater console</title>')) {
    throw new Error(`/console was answered ${answer.status}, and not with the console`);
  }
  if (answer.headers.get('content-security-policy')?.includes("default-src 'none'") !== true) {
    throw new Error('The page of the console may load what is not its own');
  }
  for (const [, file = ''] of text.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)) {
    const asset = await fetch(gatewayUrl + file, { signal });
    await asset.body?.cancel();
    if (!asset.ok) throw new Error(`${file} of the console was answered ${asset.status}`);
  }
}

/** The next picture that comes in the stream. @throws Error when the stream ends before */
export async function nextPicture(gatewayUrl: string, signal: AbortSignal): Promise<Picture> {
  const enough = new AbortController();
  try {
    const either = AbortSignal.any([signal, enough.signal, AbortSignal.timeout(15_000)]);
    const { body } = await fetch(`${gatewayUrl}/console/api/stream`, { signal: either });
    let text = '';
    for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part;
      const [, data] = /^event: snapshot\ndata: (.*)\n\n/m.exec(text) ?? [];
      if (data !== undefined) return JSON.parse(data) as Picture;
    }
    throw new Error("The console's stream ended without a picture");
  } finally {
    enough.abort();
  }
}

/** Has the console change something. @param token of whom it changes; none is sent where it is left out */
export async function askConsole(
  gatewayUrl: string,
  { method, route, body, token }: { method: string; route: string; body: object; token?: string },
): Promise<ConsoleAnswer> {
  const answer = await fetch(`${gatewayUrl}/console/api${route}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  });
  const { replicas = [] } = (await answer.json()) as Partial<ConsoleAnswer>;
  return { status: answer.status, replicas };
}

/** A token as compose hands it to a service. */
export async function composeToken(name: 'faults-token' | 'actuator-token'): Promise<string> {
  const folder = process.env['SECRETS_DIR'] ?? path.join(import.meta.dirname, '../../compose/secrets');
  return (await readFile(path.join(folder, name), 'utf8')).trim();
}
