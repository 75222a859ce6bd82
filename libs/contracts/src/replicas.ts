import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isDeeperThan } from './json-depth.ts';
import { withoutSecrets } from './without-secrets.ts';

/** Resolves a host name to its addresses. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const systemResolve: Resolve = (host) => lookup(host, { all: true, order: 'ipv4first' });

/**
 * Returns a URL for each address of the host: one host name can stand for several replicas, each with its own circuit
 * breakers and faults. Returns the given URL when the host cannot be resolved.
 *
 * @param url a base URL
 */
export async function replicaUrls(url: string, resolve: Resolve = systemResolve): Promise<string[]> {
  const { hostname } = new URL(url);
  if (isIP(hostname.replaceAll(/[[\]]/g, '')) > 0) return [url];
  const addresses = await resolve(hostname).catch(() => []);
  // A host with IPv4 and IPv6 addresses is one replica, not two.
  const family = addresses[0]?.family;
  const urls = addresses.filter((each) => each.family === family).map(({ address }) => withHost(url, address));
  return urls.length > 0 ? urls : [url];
}

function withHost(url: string, address: string): string {
  const changed = new URL(url);
  changed.hostname = isIP(address) === 6 ? `[${address}]` : address;
  return changed.href.replace(/\/$/, '');
}

/** A request to one replica. */
export interface ReplicaRequest {
  /** Default: GET. */
  readonly method?: string;
  /** Sent unchanged and never stored or logged; undefined sends none. */
  readonly authorization?: string | undefined;
  /** Sent as JSON; undefined sends none. */
  readonly body?: unknown;
  readonly timeoutMs: number;
}

/** The response of one replica. */
export interface ReplicaResponse {
  /** The HTTP status; 0 without a response. */
  readonly status: number;
  /** The replica's `X-Instance` header. */
  readonly instance: string | undefined;
  /** Parsed JSON or text; the reason when there was no response. */
  readonly body: unknown;
  /** When the response arrived, on a monotonic clock in milliseconds. */
  readonly at: number;
}

/** The most that is read of a response: several times the metrics of a busy replica. */
const maxBodyBytes = 16 * 1024 * 1024;
/** The deepest nesting of JSON in a response; a deeper one could not be passed on, because `JSON.stringify` is recursive. */
const maxJsonDepth = 64;

/**
 * Sends a request to one replica. Never rejects: without a response, or with one of more than 16 MB, the status is 0 and the
 * body holds the reason.
 */
export async function callReplica(
  url: string,
  { method = 'GET', authorization, body, timeoutMs }: ReplicaRequest,
): Promise<ReplicaResponse> {
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect would pass the token on to another host.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const instance = response.headers.get('x-instance') ?? undefined;
    return { status: response.status, instance, body: parseBody(await readText(response)), at: performance.now() };
  } catch (error) {
    return { status: 0, instance: undefined, body: connectionFailure(error), at: performance.now() };
  }
}

/** @throws Error when the body is too large; the connection is closed */
async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > maxBodyBytes) throw new Error(`the response is larger than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** @throws Error when it is JSON that is nested too deeply */
function parseBody(text: string): unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  if (isDeeperThan(text, maxJsonDepth)) throw new Error(`the response is nested deeper than ${maxJsonDepth} levels`);
  return body;
}

/** The reason why `fetch` failed: its own message says only `fetch failed`, the cause has the code. */
export function connectionFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no response in time';
  const { cause } = error;
  // The message of a URL that `fetch` does not take contains the URL.
  return cause instanceof Error && 'code' in cause ? String(cause.code) : withoutSecrets(error.message);
}

/** One sample of a metric in the Prometheus text format. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const samplePattern = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const labelPattern = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads samples from the Prometheus text format.
 *
 * @param names names of the samples to read, including suffixes such as `_bucket`
 */
export function readSamples(text: string, names: ReadonlySet<string>): MetricSample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = samplePattern.exec(line) ?? [];
    if (name === undefined || value === undefined || !names.has(name)) return [];
    return [{ name, labels: readLabels(labels), value: readNumber(value) }];
  });
}

/** Sums the samples of a metric that have these labels; further labels are ignored. 0 without a sample. */
export function sumOfSamples(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels);
  return readSamples(text, new Set([name]))
    .filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** The value of a metric with a single sample. NaN without a sample. */
export function sampleValue(text: string, name: string): number {
  return readSamples(text, new Set([name]))[0]?.value ?? Number.NaN;
}

function readLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(labelPattern), ([, name = '', value = '']) => [
      name,
      value.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character)),
    ]),
  );
}

/** Prometheus writes infinity as `+Inf`. */
function readNumber(text: string): number {
  return text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
}
