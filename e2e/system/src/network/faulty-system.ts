import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalSystem } from '@breakwater/system-runner';
import { isFinal, type RecordedRequest, type RecordedResponse } from '@breakwater/system-runner/ledger';
import type { Edge, Ends, NetworkFault } from '@breakwater/system-runner/network';
import { startSystem } from '@breakwater/system-runner/testing';
import { accountForManyClients } from '../account-for-many-clients.ts';

/** What is disturbed: all connections of an edge, or those to one of two replicas. */
export interface Disturbed {
  readonly edge: Edge;
  readonly only?: Ends;
}

/**
 * The requests that are sent while a connection is disturbed: accounts for a customer of whom account has a stale value, for one who
 * is new to it and for one who does not exist, and an account that was opened before.
 */
export type RequestKind = 'known' | 'fresh' | 'unknown' | 'read';

/** What clients receive, each result once: `201 ACTIVE by CUSTOMER`, `no response`. */
export interface Observed extends Readonly<Record<RequestKind, readonly string[]>> {
  /** The longest time until a response, in milliseconds. */
  readonly slowestMs: number;
}

interface Account {
  readonly id?: string;
  readonly type?: string;
  readonly status: string;
  readonly verifiedBy?: string | null;
}

/** Of `/actuator/endpointpools`. */
interface EndpointPools {
  readonly endpointPools: Readonly<
    Record<string, { readonly endpoints: Readonly<Record<string, { readonly state: string }>> }>
  >;
}

interface Response {
  readonly result: string;
  readonly recorded: RecordedResponse | undefined;
  /** The replica of account that responded. */
  readonly instance: string | null;
  readonly ms: number;
}

const known = 'c-1001';
/** Later than any time limit of the system, and than a response that arrives slowly. */
const clientTimeoutMs = 40_000;
const recoveryTimeoutMs = 60_000;
/**
 * How long nginx leaves a replica out after a failure. Where all count as failed it tries all, and may try the same one twice; no
 * client sees when that is over.
 */
const exclusionMs = 5_500;
const requestsPerKind: Readonly<Record<RequestKind, number>> = { known: 3, fresh: 2, unknown: 2, read: 3 };

/** A system with a proxy on each connection, and all that its clients have asked for. */
export class FaultySystem {
  /** All requests with a key, for the audit. */
  readonly requests: RecordedRequest[] = [];
  readonly system: LocalSystem;
  readonly #unfinished: (() => Promise<void>)[] = [];
  #customers = 1001;

  private constructor(system: LocalSystem) {
    this.system = system;
  }

  static async start(): Promise<FaultySystem> {
    const system = await startSystem({
      faultProxies: true,
      env: {
        customer: { CUSTOMER_LATENCY: '20ms' },
        account: {
          ...accountForManyClients,
          // So that the circuit breaker stays closed: this is about the connections. Ejected replicas return soon.
          RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE: '100',
          RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_MINIMUMNUMBEROFCALLS: '100',
          RESILIENCE4J_CIRCUITBREAKER_INSTANCES_RECONCILIATION_SLIDINGWINDOWSIZE: '100',
          RESILIENCE4J_CIRCUITBREAKER_INSTANCES_RECONCILIATION_MINIMUMNUMBEROFCALLS: '100',
          RESILIENCE4J_ENDPOINTPOOL_INSTANCES_CUSTOMER_MAXEJECTIONTIME: '5s',
        },
      },
    });
    return new FaultySystem(system);
  }

  stop(): Promise<void> {
    return this.system.end();
  }

  /** Disturbs connections, sends requests of every kind at the same time, and waits until the system works again. */
  async observe({ edge, only }: Disturbed, fault: NetworkFault): Promise<Observed> {
    const { network } = this.system;
    const { id } = await this.#warmUp();
    network.inject(edge, fault, only);
    const opened = (customerId: string, count: number) =>
      Array.from({ length: count }, () => this.#openWithKey(customerId));
    const sent = {
      known: opened(known, requestsPerKind.known),
      fresh: opened(this.#nextCustomer(), requestsPerKind.fresh),
      unknown: opened('x-1', requestsPerKind.unknown),
      read: Array.from({ length: requestsPerKind.read }, () => this.#send(`/accounts/${id}`)),
    };
    const responses = {
      known: await Promise.all(sent.known.map(({ response }) => response)),
      fresh: await Promise.all(sent.fresh.map(({ response }) => response)),
      unknown: await Promise.all(sent.unknown.map(({ response }) => response)),
      read: await Promise.all(sent.read),
    };
    network.heal();
    if (edge === 'gateway-account') await delay(exclusionMs);
    await Promise.all([...sent.known, ...sent.fresh, ...sent.unknown].map(({ finish }) => finish()));
    const resultsOf = (kind: RequestKind) => [...new Set(responses[kind].map(({ result }) => result))].toSorted();
    return {
      known: resultsOf('known'),
      fresh: resultsOf('fresh'),
      unknown: resultsOf('unknown'),
      read: resultsOf('read'),
      slowestMs: Math.round(Math.max(...Object.values(responses).flatMap((each) => each.map(({ ms }) => ms)))),
    };
  }

  /**
   * Opens an account, and repeats the request when the fault is over, if that is needed.
   *
   * @param url default: the load balancer
   * @returns the first result
   */
  async open(url?: string): Promise<string> {
    const { response, finish } = this.#openWithKey(known, url);
    const { result, recorded } = await response;
    if (recorded === undefined) this.#unfinished.push(finish);
    else await finish();
    return result;
  }

  /** Repeats the requests of {@link open} that have no final response. */
  async finish(): Promise<void> {
    await Promise.all(this.#unfinished.splice(0).map((finish) => finish()));
  }

  /** A customer for each use, of whom account has no stale value. */
  #nextCustomer(): string {
    if (this.#customers === 1100) this.#customers = 1001;
    this.#customers += 1;
    return `c-${this.#customers}`;
  }

  /** Waits until every replica takes part again, and account knows the known customer and has connections to everything. */
  async #warmUp(): Promise<{ readonly id: string }> {
    const deadline = performance.now() + recoveryTimeoutMs;
    for (;;) {
      const urls = [...this.system.accountUrls, ...Array.from({ length: 6 }, () => this.system.gatewayUrl)];
      const sent = urls.map((url) => this.#openWithKey(known, url));
      const responses = await Promise.all(sent.map(({ response }) => response));
      await Promise.all(sent.map(({ finish }) => finish()));
      const behindGateway = new Set(responses.slice(this.system.accountUrls.length).map(({ instance }) => instance));
      const problems = [
        ...responses.map(({ result }) => result).filter((result) => result !== '201 ACTIVE by CUSTOMER'),
        ...(behindGateway.size < this.system.accountUrls.length ? ['the load balancer leaves a replica out'] : []),
        ...(await this.#ejected()),
      ];
      const id = responses[0]?.recorded?.accountId;
      if (problems.length === 0 && id !== undefined) return { id };
      if (performance.now() > deadline) throw new Error(`the system has not recovered: ${problems.join(', ')}`);
      await delay(300);
    }
  }

  /** The replicas of customer that a replica of account calls less than the others. */
  async #ejected(): Promise<string[]> {
    const pools = this.system.accountUrls.map(async (url) => {
      const response = await fetch(`${url}/actuator/endpointpools`);
      const { endpointPools } = (await response.json()) as EndpointPools;
      const endpoints = Object.entries(endpointPools['customer']?.endpoints ?? {});
      return endpoints.filter(([, { state }]) => state !== 'IN_SERVICE').map(([name]) => `${name} is ejected`);
    });
    return (await Promise.all(pools)).flat();
  }

  /** Opens an account; `finish` repeats the request until it has a final response, and records that. */
  #openWithKey(customerId: string, url: string = this.system.gatewayUrl) {
    const key = randomUUID();
    const send = () => this.#send('/accounts', { url, key, body: { customerId, currency: 'EUR' } });
    const response = send();
    const finish = async (): Promise<void> => {
      const deadline = performance.now() + recoveryTimeoutMs;
      let { recorded } = await response;
      while (recorded === undefined && performance.now() < deadline) {
        await delay(200);
        ({ recorded } = await send());
      }
      this.requests.push({ key, customerId, responses: recorded === undefined ? [] : [recorded] });
    };
    return { response, finish };
  }

  async #send(
    path: string,
    post?: { readonly url: string; readonly key: string; readonly body: unknown },
  ): Promise<Response> {
    const startedAt = performance.now();
    const at = <T>(rest: T) => ({ ...rest, ms: performance.now() - startedAt });
    try {
      const response = await fetch(`${post?.url ?? this.system.gatewayUrl}${path}`, {
        ...(post === undefined ? {} : { method: 'POST', body: JSON.stringify(post.body) }),
        headers: { 'content-type': 'application/json', ...(post === undefined ? {} : { 'idempotency-key': post.key }) },
        signal: AbortSignal.timeout(clientTimeoutMs),
      });
      const body = (await response.json()) as Account;
      const recorded = isFinal(response.status) ? { status: response.status, accountId: body.id } : undefined;
      return at({
        result: `${response.status} ${describe(body)}`,
        recorded,
        instance: response.headers.get('x-instance'),
      });
    } catch (error) {
      const isTimeout = error instanceof Error && error.name === 'TimeoutError';
      return at({ result: isTimeout ? 'no response' : 'no connection', recorded: undefined, instance: null });
    }
  }
}

function describe({ type, status, verifiedBy }: Account): string {
  if (type !== undefined) return type.split(':').at(-1) ?? type;
  return verifiedBy === undefined || verifiedBy === null ? status : `${status} by ${verifiedBy}`;
}
