/** What an adapter with the standard pipeline costs: the processor time that it adds to a request of its client. */
import {
  type Client,
  credentials,
  InterceptingCall,
  type Interceptor,
  makeClientConstructor,
  Metadata,
  status,
} from '@grpc/grpc-js';
import axios, { type AxiosAdapter } from 'axios';
import { fork } from 'node:child_process';
import { Agent as HttpAgent } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { protectAxios } from '../src/adapters/axios/index.ts';
import { resilientFetch } from '../src/adapters/fetch/index.ts';
import { resilienceInterceptor as grpcInterceptor } from '../src/adapters/grpc/index.ts';
import { resilienceInterceptor } from '../src/adapters/undici/index.ts';
import { customer, type LoopbackPorts, lookUpService } from './loopback-protocol.ts';
import { messageOf } from './message-of.ts';
import { type Effort, type Figure, figureOf, pairwise } from './measure.ts';
import type { Operation } from './subjects.ts';

/** Where the requests of a measurement go: to a server, or to a transport that responds at once, in a loop. */
export type Transport = 'loopback' | 'none';

/** What an adapter costs. Times are microseconds of processor time per request, of all threads of the process. */
export interface AdapterCost {
  readonly client: string;
  readonly transport: Transport;
  /** Of the client without an adapter. */
  readonly bareUs: Figure;
  /** What the adapter adds, round by round. */
  readonly addedUs: Figure;
}

/** A client without and with its adapter. */
interface Arms {
  readonly bare: Operation;
  readonly adapted: Operation;
  readonly dispose?: () => unknown;
}

interface AdapterSubject {
  readonly client: string;
  /** @param ports of the server; `undefined` for a transport that responds at once */
  prepare(ports: LoopbackPorts | undefined): Arms;
}

const headers = { accept: 'application/json', 'x-request-id': 'bench' };
const urlAt = (ports: LoopbackPorts | undefined): string => `http://127.0.0.1:${ports?.http ?? 1}/customers/c-1001`;

const fetchSubject: AdapterSubject = {
  client: 'fetch',
  prepare(ports) {
    const url = urlAt(ports);
    const send = ports === undefined ? async () => new Response(customer) : fetch;
    const adapted = resilientFetch({ fetch: send });
    return {
      bare: async () => (await send(url, { headers })).json(),
      adapted: async () => (await adapted(url, { headers })).json(),
    };
  },
};

const undiciSubject: AdapterSubject = {
  client: 'undici',
  prepare(ports) {
    const url = urlAt(ports);
    const agent = new Agent();
    const bare = ports === undefined ? agent.compose(() => respondAtOnce) : agent;
    const adapted = bare.compose(resilienceInterceptor());
    const find = async (dispatcher: Dispatcher): Promise<unknown> =>
      (await request(url, { dispatcher, headers })).body.json();
    return { bare: () => find(bare), adapted: () => find(adapted), dispose: () => agent.destroy() };
  },
};

const body = Buffer.from(customer);
const idle: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  rawHeaders: null,
  rawTrailers: null,
  abort() {},
  pause() {},
  resume() {},
};

const respondAtOnce: Dispatcher.Dispatch = (_given, handler) => {
  handler.onRequestStart?.(idle, {});
  handler.onResponseStart?.(idle, 200, {}, 'OK');
  handler.onResponseData?.(idle, body);
  handler.onResponseEnd?.(idle, {});
  return true;
};

const axiosSubject: AdapterSubject = {
  client: 'axios',
  prepare(ports) {
    const url = urlAt(ports);
    const httpAgent = new HttpAgent({ keepAlive: true });
    const adapter: AxiosAdapter = async (config) => ({
      data: customer,
      status: 200,
      statusText: 'OK',
      headers: {},
      config,
    });
    const create = () => axios.create(ports === undefined ? { adapter } : { httpAgent });
    const [bare, adapted] = [create(), protectAxios(create())];
    return {
      bare: () => bare.get(url, { headers }),
      adapted: () => adapted.get(url, { headers }),
      dispose: () => httpAgent.destroy(),
    };
  },
};

interface CustomersClient extends Client {
  find(id: string, done: (error: Error | null, value?: string) => void): unknown;
}

const grpcSubject: AdapterSubject = {
  client: 'grpc-js',
  prepare(ports) {
    const Customers = makeClientConstructor(lookUpService, 'Customers');
    const create = (...own: Interceptor[]): CustomersClient => {
      const interceptors = ports === undefined ? [...own, callEndsAtOnce] : own;
      const address = `127.0.0.1:${ports?.grpc ?? 1}`;
      return new Customers(address, credentials.createInsecure(), { interceptors }) as unknown as CustomersClient;
    };
    const [bare, adapted] = [create(), create(grpcInterceptor({ isIdempotent: () => true }))];
    const find = (client: CustomersClient) =>
      new Promise<unknown>((resolve, reject) => {
        client.find('c-1001', (error, value) => (error === null ? resolve(value) : reject(error)));
      });
    const dispose = (): void => [bare, adapted].forEach((client) => client.close());
    return { bare: () => find(bare), adapted: () => find(adapted), dispose };
  },
};

const callEndsAtOnce: Interceptor = () => {
  let listener: Parameters<InterceptingCall['start']>[1];
  const end = (): void => {
    listener?.onReceiveMetadata?.(new Metadata());
    listener?.onReceiveMessage?.(customer);
    listener?.onReceiveStatus?.({ code: status.OK, details: '', metadata: new Metadata() });
  };
  return new InterceptingCall({
    start: (_metadata, given) => void (listener = given),
    sendMessageWithContext() {},
    sendMessage() {},
    halfClose: end,
    cancelWithStatus() {},
    getPeer: () => 'none',
    startRead() {},
    getAuthContext: () => null,
  });
};

const subjects: readonly AdapterSubject[] = [fetchSubject, undiciSubject, axiosSubject, grpcSubject];
const transports: readonly Transport[] = ['loopback', 'none'];

/** Of one arm in one round. */
const requestsPerTurn = { loopback: 100, none: 500 } as const satisfies Record<Transport, number>;
/** As in a service with load; in a loop, one request follows the other. */
const inFlight = { loopback: 10, none: 1 } as const satisfies Record<Transport, number>;
/** V8 compiles in the first turns. */
const warmUpTurns = 60;
/** Short turns and many of them: other work on the machine then disturbs few pairs. */
const turnsPerRound = 4;

/** Measures every adapter, each in a process of its own, since an application has one client. */
export async function measureAdapters({ rounds }: Pick<Effort, 'rounds'>): Promise<readonly AdapterCost[]> {
  const server = fork(new URL('loopback-server.ts', import.meta.url));
  try {
    const ports = await messageOf<LoopbackPorts>(server);
    const costs: AdapterCost[] = [];
    for (const transport of transports) {
      for (const { client } of subjects) {
        const task: AdapterTask = { client, transport, rounds: rounds * turnsPerRound, ports };
        costs.push(await messageOf(fork(new URL('adapter-process.ts', import.meta.url), [JSON.stringify(task)])));
      }
    }
    return costs;
  } finally {
    server.disconnect();
  }
}

/** What a process measures. */
export interface AdapterTask {
  readonly client: string;
  readonly transport: Transport;
  readonly rounds: number;
  readonly ports: LoopbackPorts;
}

/** Measures one adapter in this process. The arms take turns. */
export async function measureAdapter({ client, transport, rounds, ports }: AdapterTask): Promise<AdapterCost> {
  const subject = subjects.find((each) => each.client === client)!;
  const { bare, adapted, dispose } = subject.prepare(transport === 'loopback' ? ports : undefined);
  const turn = (operation: Operation) => processorUs(operation, requestsPerTurn[transport], inFlight[transport]);
  const [bareUs, adaptedUs]: [number[], number[]] = [[], []];
  try {
    for (let round = -warmUpTurns; round < rounds; round++) {
      // In another order each round, so that noise that grows or fades affects both.
      const arms: [Operation, number[]][] = [
        [bare, bareUs],
        [adapted, adaptedUs],
      ];
      for (const [operation, values] of round % 2 === 0 ? arms : arms.toReversed()) {
        const us = await turn(operation);
        if (round >= 0) values.push(us);
      }
    }
  } finally {
    await dispose?.();
  }
  return { client, transport, bareUs: figureOf(bareUs), addedUs: pairwise(adaptedUs, bareUs, (a, b) => a - b) };
}

const requestsPerEventLoopTurn = 50;

/** The processor time of a request, in microseconds. */
async function processorUs(operation: Operation, requests: number, concurrency: number): Promise<number> {
  let started = 0;
  const inTurn = async (): Promise<void> => {
    while (started++ < requests) {
      await operation();
      // Within one turn of the event loop, V8 keeps everything to which a weak reference was made.
      if (started % requestsPerEventLoopTurn === 0) await nextTurn();
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, inTurn));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
}
