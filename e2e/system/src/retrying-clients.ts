import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type RecordedRequest,
  type RecordedResponse,
  RetryingClient,
  type RetryingClientOptions,
  seededCustomers,
} from '@breakwater/system-runner/ledger';
import { seededRandom } from '@breakwater/system-runner/testing';

/** Share of requests for a customer that does not exist. */
const unknownCustomerShare = 0.1;
/** Share of requests that are repeated after a final response. */
const repetitionShare = 0.15;

export interface RetryingClientsOptions extends RetryingClientOptions {
  readonly clients: number;
  /** The longest pause of a client between two requests, in milliseconds. */
  readonly pauseMs: number;
  /** Determines customers, repetitions and pauses. */
  readonly seed: number;
}

/** Clients that open accounts concurrently, each one after the other, until they are stopped. */
export class RetryingClients {
  readonly #requests: (RecordedRequest & { readonly responses: RecordedResponse[] })[] = [];
  readonly #client: RetryingClient;
  readonly #options: RetryingClientsOptions;
  readonly #random: () => number;
  #isStopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: RetryingClientsOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#client = new RetryingClient(options);
  }

  /** All requests with the final responses so far. */
  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  /** Number of failed attempts by reason. */
  get failures(): ReadonlyMap<string, number> {
    return this.#client.failures;
  }

  start(): void {
    this.#running = Promise.all(Array.from({ length: this.#options.clients }, () => this.#run()));
  }

  /** Starts no new requests. Resolves when all requests in flight have a final response or timed out. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const request = { key: randomUUID(), customerId: this.#chooseCustomer(), responses: [] as RecordedResponse[] };
      this.#requests.push(request);
      const times = this.#random() < repetitionShare ? 2 : 1;
      for (let time = 1; time <= times; time += 1) {
        const response = await this.#client.openAccount(request.key, request.customerId);
        if (response === undefined) break;
        request.responses.push(response);
      }
      await delay(this.#random() * this.#options.pauseMs);
    }
  }

  #chooseCustomer(): string {
    if (this.#random() < unknownCustomerShare) return `x-${this.#wholeNumber(1, 1_000)}`;
    return `c-${this.#wholeNumber(seededCustomers.first, seededCustomers.last)}`;
  }

  #wholeNumber(min: number, max: number): number {
    return min + Math.floor(this.#random() * (max - min + 1));
  }
}
