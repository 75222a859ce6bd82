import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** What is asked of every replica. */
export interface ReplicaRequest {
  readonly method: string;
  readonly path: string;
  /** Passed on as it came; undefined sends none. */
  readonly authorization: string | undefined;
  /** Sent as JSON; undefined sends none. */
  readonly body?: unknown;
}

/** What a replica said. */
export interface ReplicaAnswer {
  readonly replica: string;
  /** Of HTTP; 0 where the replica could not be reached. */
  readonly status: number;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

const patienceMs = 5_000;

/**
 * Every replica of the customer service by itself, also those behind one name. Faults are set for each process, so a load
 * balancer, or a name that stands for several addresses, would break one of them and leave the rest as they were.
 */
export class CustomerReplicas {
  readonly #urls: readonly string[];

  /** @param urls base URLs, whose host may be a name with several addresses */
  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  /** Asks all of them at once. One that cannot be reached is told of like the others. */
  async askAll(request: ReplicaRequest): Promise<ReplicaAnswer[]> {
    const replicas = (await Promise.all(this.#urls.map(addressesOf))).flat();
    return Promise.all([...new Set(replicas)].map((replica) => ask(replica, request)));
  }
}

/** A URL for each address that the host has now; the URL itself where it has none. */
async function addressesOf(url: string): Promise<string[]> {
  const { hostname } = new URL(url);
  if (isIP(hostname.replaceAll(/[[\]]/g, '')) > 0) return [url];
  const found = await lookup(hostname, { all: true, order: 'ipv4first' }).catch(() => []);
  // A host with addresses of both kinds is one host.
  const family = found[0]?.family;
  const same = found.filter((each) => each.family === family).map(({ address }) => withHost(url, address));
  return same.length > 0 ? same : [url];
}

function withHost(url: string, address: string): string {
  const changed = new URL(url);
  changed.hostname = isIP(address) === 6 ? `[${address}]` : address;
  return changed.href.replace(/\/$/, '');
}

async function ask(replica: string, { method, path, authorization, body }: ReplicaRequest): Promise<ReplicaAnswer> {
  try {
    const response = await fetch(`${replica}${path}`, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(patienceMs),
    });
    return { replica, status: response.status, body: parsed(await response.text()) };
  } catch {
    return { replica, status: 0, body: null };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
