import { randomInt, randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { CreateAccount } from '@breakwater/contracts';
import { type LoadPlan, type LoadState, secondsOf } from '../protocol/messages.ts';

/** Limits the connections that the console holds to a system that does not respond. */
const maxInFlight = 200;
const requestTimeoutMs = 15_000;
const sendIntervalMs = 50;

/** Opens one account and returns the HTTP status. */
export type OpenAccount = (account: CreateAccount, idempotencyKey: string) => Promise<number>;

/** Opens accounts at the rates of a plan, independent of the responses (an open workload). */
export class LoadGenerator {
  readonly #isAllowed: boolean;
  readonly #open: OpenAccount;
  readonly #now: () => number;
  #plan: LoadPlan | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rate = 0;
  #endsAt: number | null = null;
  #startedAt = 0;
  #due = 0;
  #sent = 0;
  #skipped = 0;
  #inFlight = 0;
  #responses: Record<string, number> = {};

  /**
   * @param isAllowed whether load may be sent; only reported in `state`
   * @param now milliseconds since the Unix epoch
   */
  constructor(isAllowed: boolean, open: OpenAccount, now: () => number = Date.now) {
    this.#isAllowed = isAllowed;
    this.#open = open;
    this.#now = now;
  }

  get state(): LoadState {
    return {
      isAllowed: this.#isAllowed,
      rate: Math.round(this.#rate),
      endsAt: this.#endsAt,
      sent: this.#sent,
      responses: { ...this.#responses },
      skipped: this.#skipped,
    };
  }

  /** Starts a plan. A running plan is replaced and its counts are kept; otherwise counts restart at 0. */
  start(plan: LoadPlan): void {
    if (this.#plan === undefined) {
      this.#sent = 0;
      this.#skipped = 0;
      this.#responses = {};
    }
    this.#plan = plan;
    this.#rate = plan.startRate;
    this.#startedAt = this.#now();
    this.#due = 0;
    this.#endsAt = this.#startedAt + secondsOf(plan) * 1_000;
    this.#timer ??= setInterval(() => this.#sendDue(), sendIntervalMs);
  }

  stop(): void {
    this.#plan = undefined;
    this.#rate = 0;
    this.#endsAt = null;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Sends the requests that have become due. */
  #sendDue(): void {
    if (this.#plan === undefined || this.#endsAt === null) return;
    const now = Math.min(this.#now(), this.#endsAt);
    const { due, rate } = progressOf(this.#plan, (now - this.#startedAt) / 1_000);
    // Tolerates the rounding error of summed fractions.
    const whole = Math.floor(due + 1e-6);
    // After a pause of the process, at most one second of load is sent at once.
    for (let count = Math.min(whole - this.#due, Math.ceil(rate)); count > 0; count -= 1) this.#sendOne();
    this.#due = whole;
    this.#rate = rate;
    if (now === this.#endsAt) this.stop();
  }

  #sendOne(): void {
    if (this.#inFlight >= maxInFlight) {
      this.#skipped += 1;
      return;
    }
    this.#sent += 1;
    this.#inFlight += 1;
    void this.#open(randomAccount(), randomUUID())
      .catch(() => 0)
      .then((status) => {
        this.#inFlight -= 1;
        this.#responses[status] = (this.#responses[status] ?? 0) + 1;
      });
  }
}

/**
 * Returns how many requests are due after `elapsed` seconds, as a fraction, and the rate at that time.
 *
 * @param elapsed seconds since the start; values after the end count as the end
 */
export function progressOf({ startRate, stages }: LoadPlan, elapsed: number): { due: number; rate: number } {
  let [due, rate, left] = [0, startRate, elapsed];
  for (const stage of stages) {
    const passed = Math.min(left, stage.seconds);
    const reached = rate + ((stage.rate - rate) * passed) / stage.seconds;
    due += ((rate + reached) / 2) * passed;
    rate = reached;
    left -= passed;
    if (left <= 0) break;
  }
  return { due, rate };
}

const currencies = ['EUR', 'USD', 'CHF', 'JPY'];

/** For one of the hundred existing customers; one account in twenty is for a customer that does not exist. */
function randomAccount(): CreateAccount {
  const number = randomInt(20) === 0 ? randomInt(9_000, 9_999) : randomInt(1_001, 1_101);
  return { customerId: `c-${number}`, currency: currencies[randomInt(currencies.length)] ?? 'EUR' };
}

/**
 * Opens accounts through the load balancer at this base URL, over connections that are kept.
 *
 * The time limit is that of the socket. A signal per request (`AbortSignal.timeout`) would keep each request in memory until
 * its time has passed, long after its response.
 */
export function openAccountsAt(url: string, timeoutMs: number = requestTimeoutMs): OpenAccount {
  const agent = new (url.startsWith('https:') ? https : http).Agent({ keepAlive: true });
  const { request } = url.startsWith('https:') ? https : http;
  return (account, idempotencyKey) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify(account);
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'idempotency-key': idempotencyKey,
      };
      const sent = request(`${url}/accounts`, { agent, method: 'POST', headers, timeout: timeoutMs }, (response) => {
        const { statusCode = 0 } = response;
        response
          .resume()
          .once('end', () => resolve(statusCode))
          .once('error', reject);
      });
      sent.once('timeout', () => sent.destroy(new Error(`no response within ${timeoutMs} ms`)));
      sent.once('error', reject);
      sent.end(body);
    });
}
