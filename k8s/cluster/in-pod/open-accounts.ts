import { randomUUID } from 'node:crypto';
import { Agent, type OutgoingHttpHeaders, request, type RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

/**
 * Opens accounts at a constant rate, independent of responses (an open model), and never retries: each request without a
 * success is lost. Runs in a pod, so that the requests take the way of clients in the cluster. This file is copied into the
 * pod as it is, so it imports only from Node.
 */
export interface Load {
  readonly url: string;
  readonly perSecond: number;
  /** The number of requests that are sent even if `signal` is aborted earlier. */
  readonly atLeast: number;
  /** Ends the load when the number of requests has been sent. */
  readonly signal: AbortSignal;
  readonly report: (request: SentRequest) => void;
  /** See {@link Order}. */
  readonly timeoutMs?: number | undefined;
}

/** A request to be sent. */
export interface Order extends Pick<SentRequest, 'customerId' | 'connection'> {
  readonly url: string;
  readonly agent: Agent;
  /** Further headers. */
  readonly headers?: OutgoingHttpHeaders;
  /** Default: 12 s, longer than nginx waits for account, repetition included. */
  readonly timeoutMs?: number | undefined;
}

/** A request and its result. */
export interface SentRequest {
  readonly key: string;
  readonly customerId: string;
  /** When it was sent, by `Date.now()`. */
  readonly at: number;
  readonly durationMs: number;
  /** 0 without a response. */
  readonly status: number;
  readonly connection: 'kept' | 'new';
  readonly accountId?: string;
  /** The source of the verification when an account was opened. */
  readonly verifiedBy?: string;
  /** Whether a refusal says when to try again. */
  readonly hasRetryAfter?: boolean;
  /** The type of a problem, or the code of a connection error. */
  readonly reason?: string;
}

/** The share of customers that do not exist, for whom account must ask customer each time. */
const unknownShare = 0.1;

/** Resolves when each request has a result. */
export async function openAccounts({ url, perSecond, atLeast, signal, report, timeoutMs }: Load): Promise<void> {
  const agents = { kept: new Agent({ keepAlive: true }), new: new Agent({ keepAlive: false }) } as const;
  const sent: Promise<void>[] = [];
  const start = performance.now();
  for (let count = 0; count < atLeast || !signal.aborted; count += 1) {
    const earlyMs = start + (count * 1_000) / perSecond - performance.now();
    // Late requests follow at once, but responses arrive between them.
    await (earlyMs >= 1 ? sleep(earlyMs) : nextTurn());
    const connection = count % 2 === 0 ? 'kept' : 'new';
    const agent = agents[connection];
    sent.push(openAccount({ url, customerId: chooseCustomer(), connection, agent, timeoutMs }).then(report));
  }
  await Promise.all(sent);
  agents.kept.destroy();
}

/** One of the seeded customers, `c-1001` to `c-1100`, or one that does not exist. */
function chooseCustomer(): string {
  const number = Math.floor(Math.random() * 100);
  return Math.random() < unknownShare ? `x-${number}` : `c-${1001 + number}`;
}

type Result = Pick<SentRequest, 'status' | 'accountId' | 'verifiedBy' | 'hasRetryAfter' | 'reason'>;

/** Opens an account under a key of its own. Never rejects. */
export async function openAccount({
  url,
  customerId,
  connection,
  agent,
  headers = {},
  timeoutMs = 12_000,
}: Order): Promise<SentRequest> {
  const order = { key: `cluster-${randomUUID()}`, customerId, at: Date.now(), connection };
  const options = {
    agent,
    headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': order.key },
    signal: AbortSignal.timeout(timeoutMs),
  };
  const sentAt = performance.now();
  const result = await post(`${url}/accounts`, options, JSON.stringify({ customerId, currency: 'EUR' }));
  return { ...order, durationMs: Math.round(performance.now() - sentAt), ...result };
}

function post(url: string, options: RequestOptions, body: string): Promise<Result> {
  return new Promise((resolve) => {
    const failed = (error: unknown): void => resolve({ status: 0, reason: codeOf(error) });
    const sent = request(url, { ...options, method: 'POST' }, (response) => {
      const { statusCode: status = 0, headers } = response;
      text(response).then(
        (content) => resolve({ status, ...describe(status, content, headers['retry-after'] !== undefined) }),
        failed,
      );
    });
    sent.on('error', failed);
    sent.end(body);
  });
}

function describe(status: number, content: string, hasRetryAfter: boolean): Omit<Result, 'status'> {
  try {
    const { id, verifiedBy, type }: Partial<Record<string, string | null>> = JSON.parse(content);
    if (status < 300) return { ...(id ? { accountId: id } : {}), ...(verifiedBy ? { verifiedBy } : {}) };
    return { hasRetryAfter, reason: type?.split(':').at(-1) ?? 'no problem type' };
  } catch {
    return { hasRetryAfter, reason: 'no JSON' };
  }
}

function codeOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no response in time';
  // Node wraps the reason of an aborted request.
  if (error instanceof Error && error.name === 'AbortError') return 'no response in time';
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: '' },
      rate: { type: 'string', default: '' },
      requests: { type: 'string', default: '' },
    },
  });
  const ended = new AbortController();
  // The end of standard input ends the load.
  process.stdin.on('end', () => ended.abort()).resume();
  await openAccounts({
    url: values.url,
    perSecond: Number(values.rate),
    atLeast: Number(values.requests),
    signal: ended.signal,
    report: (sent) => void process.stdout.write(`${JSON.stringify(sent)}\n`),
  });
}
