import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** The result of a load. */
type LoadResult = ReturnType<ReturnType<typeof startTally>['result']>;

/**
 * Enough clients to saturate account, and fewer than the permits of its bulkhead, which would otherwise refuse
 * calls.
 */
const clientCount = 24;

/** Clients of one account. They keep their connections between two loads. */
export class Clients {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(url: string) {
    this.#url = url;
  }

  /** A closed model: each client sends its next request after a response. */
  async saturate(seconds: number, signal: AbortSignal): Promise<LoadResult> {
    const tally = startTally(this.#agent, this.#url);
    const end = performance.now() + seconds * 1_000;
    const client = async (): Promise<void> => {
      while (performance.now() < end && !signal.aborted) await tally.open(performance.now());
    };
    await Promise.all(Array.from({ length: clientCount }, client));
    signal.throwIfAborted();
    return tally.result();
  }

  /** An open model: requests start at random (Poisson), independent of earlier responses. */
  async arrive(perSecond: number, seconds: number, random: () => number, signal: AbortSignal): Promise<LoadResult> {
    const tally = startTally(this.#agent, this.#url);
    const begun: Promise<void>[] = [];
    const start = performance.now();
    for (let dueMs = 0; dueMs < seconds * 1_000 && !signal.aborted; dueMs += gapMs(perSecond, random)) {
      const due = start + dueMs;
      const earlyMs = due - performance.now();
      if (earlyMs >= 1) await sleep(earlyMs);
      begun.push(tally.open(due));
    }
    await Promise.all(begun);
    signal.throwIfAborted();
    return tally.result();
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/** The time until the next arrival, exponentially distributed. */
function gapMs(perSecond: number, random: () => number): number {
  return (-Math.log(1 - random()) * 1_000) / perSecond;
}

const body = JSON.stringify({ customerId: 'c-1001', currency: 'EUR' });

/** Sends requests and counts their responses. */
function startTally(agent: Agent, url: string) {
  const startedAt = performance.now();
  const durationsMs: number[] = [];
  let others = 0;
  return {
    /** Opens an account. Never rejects. */
    open: (due: number): Promise<void> =>
      new Promise((resolve) => {
        const ended = (status?: number): void => {
          if (status === 201) durationsMs.push(performance.now() - due);
          else others += 1;
          resolve();
        };
        const headers = {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'idempotency-key': randomUUID(),
        };
        const sent = request(`${url}/accounts`, { agent, method: 'POST', headers }, (response) => {
          response.resume().once('end', () => ended(response.statusCode));
        });
        sent.once('error', () => ended());
        sent.end(body);
      }),
    result: () => ({
      /** Accounts that were opened: 201. */
      opened: durationsMs.length,
      /** Requests without a 201. */
      others,
      /** From the first request to the last response. */
      seconds: (performance.now() - startedAt) / 1_000,
      /** Latency of each opened account, from the time when its request was due, in milliseconds. */
      durationsMs,
    }),
  };
}
