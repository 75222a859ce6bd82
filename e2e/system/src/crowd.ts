import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClientOptions, PersistentClient, RequestRecord, type Attempts } from './persistent-client.ts';
import type { SeededChoices } from './seeded-choices.ts';

/** Customers that exist: `c-1001` to `c-1100`, as customer seeds them. */
const existing = { first: 1001, last: 1100 };
/** So many of a hundred requests are for a customer that does not exist. */
const shareOfUnknown = 0.1;
/** So many of a hundred requests are repeated although they were answered. */
const shareOfRepetitions = 0.15;

/** Whether there is a customer of that id: the truth that the services have to find out. */
export function customerExists(customerId: string): boolean {
  const number = Number(/^c-(\d{4})$/.exec(customerId)?.[1]);
  return number >= existing.first && number <= existing.last;
}

/** How a crowd behaves. */
export interface CrowdOptions extends ClientOptions {
  readonly clients: number;
  /** The longest pause of a client between two requests, in milliseconds. */
  readonly pauseMs: number;
}

/** Many clients that open accounts at the same time, one after the other each, until they are asked to stop. */
export class Crowd {
  readonly record = new RequestRecord();
  readonly #client: PersistentClient;
  readonly #options: CrowdOptions;
  readonly #choices: SeededChoices;
  #over = false;
  #working: Promise<unknown> = Promise.resolve();

  constructor(options: CrowdOptions, choices: SeededChoices) {
    this.#options = options;
    this.#choices = choices;
    this.#client = new PersistentClient(options);
  }

  /** What came of attempts that had to be repeated. */
  get failures(): Attempts {
    return this.#client.failures;
  }

  start(): void {
    this.#working = Promise.all(Array.from({ length: this.#options.clients }, () => this.#work()));
  }

  /** No new requests; resolves when every one under way was answered, or its client ran out of patience. */
  async finish(): Promise<void> {
    this.#over = true;
    await this.#working;
  }

  async #work(): Promise<void> {
    while (!this.#over) {
      const customerId = this.#chooseCustomer();
      const key = randomUUID();
      const answers = this.record.begin(key, customerId);
      const times = this.#choices.happens(shareOfRepetitions) ? 2 : 1;
      for (let time = 1; time <= times; time += 1) {
        const answer = await this.#client.open(key, customerId);
        if (answer === undefined) break;
        answers.push(answer);
      }
      await delay(this.#choices.next() * this.#options.pauseMs);
    }
  }

  #chooseCustomer(): string {
    if (this.#choices.happens(shareOfUnknown)) return `x-${this.#choices.whole(1, 1_000)}`;
    return `c-${this.#choices.whole(existing.first, existing.last)}`;
  }
}
