import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Closing,
  customerExists,
  type RecordedRequest,
  type RecordedResponse,
  RetryingClient,
  type RetryingClientOptions,
  seededCustomers,
} from '@breakwater/system-runner/ledger';
import { seededRandom } from '@breakwater/system-runner/testing';
import { History, nanoseconds, type Operation } from './history.ts';

/** Share of requests for a customer that does not exist. */
const unknownCustomerShare = 0.1;
/** Share of requests that are repeated after a final response. */
const repetitionShare = 0.15;
/** What a client does with accounts that it or others have opened lately, after each opening. */
const operationsPerOpening = 3;
const closingShare = 0.25;
const historyShare = 0.2;
/** Few, so that several clients use one account at the same time. */
const recentAccounts = 6;

export interface RetryingClientsOptions extends RetryingClientOptions {
  readonly clients: number;
  /** The longest pause of a client between two requests, in milliseconds. */
  readonly pauseMs: number;
  /** Determines customers, repetitions, pauses and what is done with accounts. */
  readonly seed: number;
}

/** Clients that open accounts concurrently, read them and close some, until they are stopped. */
export class RetryingClients {
  readonly history = new History();
  readonly #requests: (RecordedRequest & { readonly responses: RecordedResponse[] })[] = [];
  readonly #closings = new Map<string, Closing>();
  /** Accounts with the latest version that a client has seen. */
  readonly #recent: { readonly id: string; version: number }[] = [];
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

  /** The accounts that were or may have been closed. */
  get closings(): ReadonlyMap<string, Closing> {
    return this.#closings;
  }

  /** Number of failed attempts by reason. */
  get failures(): ReadonlyMap<string, number> {
    return this.#client.failures;
  }

  start(): void {
    const clients = Array.from({ length: this.#options.clients }, (_, index) => this.#run(index + 1));
    this.#running = Promise.all(clients);
  }

  /** Starts no new requests. Resolves when all requests in flight have a final response or timed out. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** Reads every account, so that the history shows how it ended. For the time after all failures. */
  async readAll(): Promise<void> {
    const accounts = new Set(this.history.operations.map(({ account }) => account)).values();
    const work = async (process: number): Promise<void> => {
      for (const id of accounts) await this.#readHistory(process, id);
    };
    await Promise.all(Array.from({ length: this.#options.clients }, (_, index) => work(index + 1)));
  }

  async #run(process: number): Promise<void> {
    while (!this.#isStopped) {
      await this.#open(process);
      for (let count = 0; count < operationsPerOpening && !this.#isStopped; count += 1) await this.#use(process);
      await delay(this.#random() * this.#options.pauseMs);
    }
  }

  async #open(process: number): Promise<void> {
    const request = { key: randomUUID(), customerId: this.#chooseCustomer(), responses: [] as RecordedResponse[] };
    this.#requests.push(request);
    const times = this.#random() < repetitionShare ? 2 : 1;
    const call = nanoseconds();
    for (let time = 1; time <= times; time += 1) {
      const response = await this.#client.openAccount(request.key, request.customerId);
      if (response === undefined) return;
      request.responses.push(response);
      const { status: code, accountId, account } = response;
      if (time > 1 || accountId === undefined || account === undefined) continue;
      const opening: Operation = {
        account: accountId,
        process,
        kind: 'open',
        call,
        return: nanoseconds(),
        code,
        ...account,
      };
      this.history.recordOpening(opening, customerExists(request.customerId));
      this.#recent.push({ id: accountId, version: account.version });
      if (this.#recent.length > recentAccounts) this.#recent.shift();
    }
  }

  async #use(process: number): Promise<void> {
    const account = this.#recent[this.#wholeNumber(0, this.#recent.length - 1)];
    if (account === undefined) return;
    const choice = this.#random();
    if (choice < closingShare) await this.#close(process, account);
    else if (choice < closingShare + historyShare) await this.#readHistory(process, account.id);
    else {
      const { status, body, ...times } = await this.#send(`/accounts/${account.id}`);
      if (status >= 500 || status === 0) return;
      account.version = Math.max(account.version, Number(body.version));
      this.history.record({ account: account.id, process, kind: 'read', ...times, code: status, ...seenIn(body) });
    }
  }

  async #readHistory(process: number, id: string): Promise<void> {
    const { status, body, ...times } = await this.#send(`/accounts/${id}/history`);
    if (status >= 500 || status === 0) return;
    const statuses = Array.isArray(body) ? (body as { toStatus: string }[]).map(({ toStatus }) => toStatus) : [];
    this.history.record({ account: id, process, kind: 'history', ...times, code: status, statuses });
  }

  async #close(process: number, account: { readonly id: string; readonly version: number }): Promise<void> {
    const ifMatch = ['*', String(account.version), String(account.version + 1)][this.#wholeNumber(0, 2)] ?? '*';
    const { status, body, etag, ...times } = await this.#send(`/accounts/${account.id}`, ifMatch);
    const common = { account: account.id, process, kind: 'close', ifMatch, ...times } as const;
    if (status === 0 || status >= 500) {
      // Also after 503: the response of the database may have been lost.
      this.history.record({ ...common, return: null });
      if (this.#closings.get(account.id) !== 'closed') this.#closings.set(account.id, 'maybe');
      return;
    }
    const seen = status === 200 ? seenIn(body) : { status: body.accountStatus ?? '', version: Number(etag) };
    this.history.record({ ...common, code: status, ...seen });
    if (status === 200) this.#closings.set(account.id, 'closed');
  }

  /** One attempt. @returns status 0 when there was no response */
  async #send(path: string, closeIfMatch?: string) {
    const call = nanoseconds();
    try {
      const response = await fetch(`${this.#options.gatewayUrl}${path}`, {
        ...(closeIfMatch === undefined ? {} : { method: 'PATCH', body: '{"status":"CLOSED"}' }),
        headers: {
          'content-type': 'application/json',
          ...(closeIfMatch === undefined ? {} : { 'if-match': closeIfMatch === '*' ? '*' : `"${closeIfMatch}"` }),
        },
        signal: AbortSignal.timeout(this.#options.attemptTimeoutMs),
      });
      const body = (await response.json()) as AccountBody;
      const etag = response.headers.get('etag')?.replaceAll('"', '');
      return { status: response.status, body, etag, call, return: nanoseconds() };
    } catch {
      return { status: 0, body: {} as AccountBody, etag: undefined, call, return: nanoseconds() };
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

interface AccountBody {
  readonly status?: string;
  readonly version?: number;
  /** Of the problem `account-not-active`. */
  readonly accountStatus?: string;
}

const seenIn = ({ status = '', version = 0 }: AccountBody) => ({ status, version });
