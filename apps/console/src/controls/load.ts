import { randomInt, randomUUID } from 'node:crypto';
import type { CreateAccount } from '@breakwater/contracts';
import type { LoadState } from '../protocol/messages.ts';
import { type LoadPlan, progressOf, secondsOf } from '../protocol/load-plan.ts';

/** How much load there may be. */
export const mostPerSecond = 100;
export const longestSeconds = 600;

/** Beyond, a system that no longer answers would be all that the console waits for. */
const mostUnderWay = 200;
const patienceMs = 15_000;

/** Opens one account. Resolves with the status; 0 where there was no answer. */
export type OpenAccount = (account: CreateAccount, idempotencyKey: string) => Promise<number>;

/** Opens accounts by a plan, whatever comes of them: clients do not wait for one another. */
export class Load {
  readonly #isAllowed: boolean;
  readonly #open: OpenAccount;
  readonly #now: () => number;
  #plan: LoadPlan | undefined;
  #rate = 0;
  #endsAt: number | null = null;
  #begunAt = 0;
  #due = 0;
  #sent = 0;
  #skipped = 0;
  #underWay = 0;
  #answers: Record<string, number> = {};

  /**
   * @param isAllowed whether any may be sent
   * @param now in milliseconds since the Unix epoch
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
      answers: { ...this.#answers },
      skipped: this.#skipped,
    };
  }

  /**
   * Begins, in place of what goes on. Counts begin anew, unless it goes on from another plan.
   *
   * @param plan up to 100 requests a second, for 600 seconds at most
   */
  start(plan: LoadPlan): void {
    if (this.#plan === undefined) {
      this.#sent = 0;
      this.#skipped = 0;
      this.#answers = {};
    }
    this.#plan = plan;
    this.#rate = plan.startRate;
    this.#begunAt = this.#now();
    this.#due = 0;
    this.#endsAt = this.#begunAt + secondsOf(plan) * 1_000;
  }

  stop(): void {
    this.#plan = undefined;
    this.#rate = 0;
    this.#endsAt = null;
  }

  /** Sends what is due by now. To be called several times a second. */
  beat(): void {
    if (this.#plan === undefined || this.#endsAt === null) return;
    const now = Math.min(this.#now(), this.#endsAt);
    const { due, rate } = progressOf(this.#plan, (now - this.#begunAt) / 1_000);
    // Sums of parts: what is due to the last digit is due.
    const whole = Math.floor(due + 1e-6);
    // A process that was held up does not make up for more than a second of it at once.
    for (let count = Math.min(whole - this.#due, Math.ceil(rate)); count > 0; count -= 1) this.#sendOne();
    this.#due = whole;
    this.#rate = rate;
    if (now === this.#endsAt) this.stop();
  }

  #sendOne(): void {
    if (this.#underWay >= mostUnderWay) {
      this.#skipped += 1;
      return;
    }
    this.#sent += 1;
    this.#underWay += 1;
    void this.#open(someAccount(), randomUUID())
      .catch(() => 0)
      .then((status) => {
        this.#underWay -= 1;
        this.#answers[status] = (this.#answers[status] ?? 0) + 1;
      });
  }
}

const currencies = ['EUR', 'USD', 'CHF', 'JPY'];

/** One of the hundred customers there are, or, once in twenty, one that does not exist. */
function someAccount(): CreateAccount {
  const number = randomInt(20) === 0 ? randomInt(9_000, 9_999) : randomInt(1_001, 1_101);
  return { customerId: `c-${number}`, currency: currencies[randomInt(currencies.length)] ?? 'EUR' };
}

/** Opens accounts at a system's gateway. */
export function openAt(gatewayUrl: string): OpenAccount {
  return async (account, idempotencyKey) => {
    const response = await fetch(`${gatewayUrl}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify(account),
      signal: AbortSignal.timeout(patienceMs),
    });
    await response.body?.cancel();
    return response.status;
  };
}
