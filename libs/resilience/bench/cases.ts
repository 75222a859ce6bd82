import {
  bulkhead,
  circuitBreaker,
  ConstantBackoff,
  CountBreaker,
  handleAll,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { Bulkhead as MollitiaBulkhead, Circuit, Retry as MollitiaRetry, SlidingCountBreaker, Timeout } from 'mollitia';
import OpossumBreaker from 'opossum';
import { fork } from 'node:child_process';
import { Registry } from 'prom-client';
import { Agent, request as undiciRequest } from 'undici';
import { bindToPrometheus } from '../src/adapters/prometheus/index.ts';
import { Bulkhead, CircuitBreaker, definePipeline, EndpointPool, Retry, TimeLimiter } from '../src/core/index.ts';
import { createRegistry } from '../src/core/policies.ts';
import type { LoopbackPorts } from './loopback-protocol.ts';
import { messageOf } from './message-of.ts';
import {
  breakwater,
  breakwaterSubject,
  clockSubject,
  cockatiel,
  cockatielSubject,
  failNineOfTen,
  fullMollitiaSubject,
  mollitia,
  opossum,
  opossumSubject,
  settled,
  type Subject,
  type Subjects,
  succeed,
  waitATurn,
  type Window,
} from './subjects.ts';

/** The same work in several libraries. */
export interface BenchCase {
  readonly name: string;
  /** What a reader must know about the comparison. */
  readonly remark?: string;
  /** Prepares the libraries that support the case. */
  readonly subjects: () => Promise<Subjects>;
}

const calls = (size: number): Window => ({ type: 'COUNT_BASED', size });
const seconds = (size: number): Window => ({ type: 'TIME_BASED', size });

/** The calls in opossum's window in the failure case. */
const heldCalls = 10_000;
const registrySize = 10_000;

const bare: Subject = { operation: succeed };

function success(name: string, window: Window, remark?: string): BenchCase {
  return {
    name,
    ...(remark && { remark }),
    subjects: async () => ({
      bare,
      clock: clockSubject(succeed),
      breakwater: breakwaterSubject(succeed, window),
      cockatiel: cockatielSubject(succeed, window),
      ...(window.type === 'TIME_BASED' || window.size === 100
        ? { opossum: opossumSubject(succeed, window.type === 'TIME_BASED' ? window.size : 10) }
        : {}),
      mollitia: await fullMollitiaSubject(succeed, window),
    }),
  };
}

function failure(name: string, window: Window, others: () => Promise<Subjects> = async () => ({})): BenchCase {
  return {
    name,
    remark: 'nine calls of ten fail, so that no circuit breaker opens at 95 %',
    subjects: async () => {
      const subjects: Subjects = {
        bare: { operation: failNineOfTen() },
        clock: clockSubject(failNineOfTen()),
        breakwater: breakwaterSubject(failNineOfTen(), window),
        cockatiel: cockatielSubject(failNineOfTen(), window),
        mollitia: await fullMollitiaSubject(failNineOfTen(), window),
        ...(await others()),
      };
      return withFailuresSettled(subjects);
    },
  };
}

function withFailuresSettled(subjects: Subjects): Subjects {
  return Object.fromEntries(
    Object.entries(subjects).map(([library, subject]) => [
      library,
      { ...subject, operation: settled(subject.operation) },
    ]),
  );
}

/** opossum with a full window, which it scans with every failure. */
async function fullOpossum(): Promise<Subjects> {
  const subject = opossumSubject(failNineOfTen(), 600);
  for (let call = 0; call < heldCalls; call++) await settled(subject.operation)();
  return { opossum: { ...subject, callsPerSample: 5 } };
}

const rejection: BenchCase = {
  name: 'rejection while OPEN',
  remark: 'ours without stack traces (`writableStackTraceEnabled: false`); the others have no such option',
  subjects: async () => {
    const ours = new CircuitBreaker('customer', { writableStackTraceEnabled: false, waitDurationInOpenState: '1h' });
    ours.transitionToOpenState();
    const theirs = cockatiel(calls(100));
    theirs.isolate();
    const opossumBreaker = opossum(succeed);
    opossumBreaker.open();
    const circuit = mollitia(succeed, calls(100));
    await openMollitia(circuit);
    return withFailuresSettled({
      breakwater: { operation: () => ours.execute(succeed) },
      cockatiel: { operation: () => theirs.execute(succeed) },
      opossum: { operation: () => opossumBreaker.fire(), dispose: () => opossumBreaker.shutdown() },
      mollitia: { operation: () => circuit.execute(), dispose: () => circuit.dispose() },
    });
  },
};

async function openMollitia(circuit: Circuit): Promise<void> {
  const [breaker] = circuit.modules;
  if (breaker instanceof SlidingCountBreaker) await breaker.open();
}

const rejectionWithTrace: BenchCase = {
  name: 'rejection while OPEN, with stack trace',
  subjects: async () => {
    const ours = new CircuitBreaker('customer', { waitDurationInOpenState: '1h' });
    ours.transitionToOpenState();
    return withFailuresSettled({ breakwater: { operation: () => ours.execute(succeed) } });
  },
};

function pipelines(work: () => Promise<unknown>): Subjects {
  const ours = definePipeline('customer', {
    retry: new Retry('customer', { maxAttempts: 3, waitDuration: '10ms' }),
    circuitBreaker: breakwater(calls(100)),
    timeLimiter: new TimeLimiter('customer', { timeoutDuration: '10s' }),
    bulkhead: new Bulkhead('customer', { maxConcurrentCalls: 100 }),
  });
  const theirs = wrap(
    retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(10) }),
    circuitBreaker(handleAll, {
      halfOpenAfter: 3_600_000,
      breaker: new CountBreaker({ size: 100, threshold: 0.95 }),
    }),
    timeout(10_000, TimeoutStrategy.Aggressive),
    bulkhead(100),
  );
  const opossumBreaker = new OpossumBreaker(work, { timeout: 10_000, capacity: 100, resetTimeout: 3_600_000 });
  const circuit = new Circuit({
    options: {
      modules: [
        new MollitiaRetry({ attempts: 2, interval: 10 }),
        new SlidingCountBreaker({ slidingWindowSize: 100, minimumNumberOfCalls: 100, failureRateThreshold: 95 }),
        new Timeout({ delay: 10_000 }),
        new MollitiaBulkhead({ concurrentSize: 100, queueSize: 0 }),
      ],
    },
  }).fn(work);
  return {
    breakwater: { operation: () => ours.execute(work) },
    cockatiel: { operation: () => theirs.execute(work) },
    opossum: { operation: () => opossumBreaker.fire(), dispose: () => opossumBreaker.shutdown() },
    mollitia: { operation: () => circuit.execute(), callsPerSample: 200, dispose: () => circuit.dispose() },
  };
}

const pipelineRemark = 'retry, circuit breaker, time limiter and bulkhead, successful calls; opossum has no retry';

const pipeline: BenchCase = {
  name: 'full pipeline',
  remark: pipelineRemark,
  subjects: async () => ({ bare, ...pipelines(succeed) }),
};

const pipelinePerTurn: BenchCase = {
  name: 'full pipeline, one call per turn of the event loop',
  remark: pipelineRemark,
  subjects: async () => {
    const { mollitia: _tooSlow, ...others } = pipelines(waitATurn);
    return withEach({ callsPerSample: 200 }, { bare: { operation: waitATurn }, ...others });
  },
};

const withMetrics: BenchCase = {
  name: 'success, COUNT_BASED 100, metrics attached',
  remark: 'bound to a registry of prom-client, with the histogram of call durations',
  subjects: async () => {
    const circuitBreakerRegistry = createRegistry('circuitBreaker');
    const unbind = bindToPrometheus({ circuitBreaker: circuitBreakerRegistry }, new Registry());
    const breaker = circuitBreakerRegistry.declare('customer', { slidingWindowSize: 100 });
    return { bare, breakwater: { operation: () => breaker.execute(succeed), dispose: unbind } };
  },
};

const withBuffer: BenchCase = {
  name: 'success, COUNT_BASED 100, 100 events buffered',
  remark: 'the default of ResilienceModule (`eventConsumerBufferSize: 100`)',
  subjects: async () => {
    const breaker = new CircuitBreaker('customer', { slidingWindowSize: 100, eventConsumerBufferSize: 100 });
    return { bare, breakwater: { operation: () => breaker.execute(succeed) } };
  },
};

const successPerTurn: BenchCase = {
  name: 'success, one call per turn of the event loop',
  remark: 'as with calls over a network; COUNT_BASED 100',
  subjects: async () =>
    withEach(
      { callsPerSample: 200 },
      {
        bare: { operation: waitATurn },
        clock: clockSubject(waitATurn),
        breakwater: breakwaterSubject(waitATurn, calls(100)),
        cockatiel: cockatielSubject(waitATurn, calls(100)),
        opossum: opossumSubject(waitATurn),
      },
    ),
};

const failurePerTurn: BenchCase = {
  name: 'failure, one call per turn of the event loop',
  remark: 'COUNT_BASED 100; opossum sorts the latencies of its window, so its cost grows with the calls in it',
  subjects: async () => {
    const work = () => failNineOfTen(waitATurn);
    return withEach(
      { callsPerSample: 200 },
      withFailuresSettled({
        bare: { operation: work() },
        clock: clockSubject(work()),
        breakwater: breakwaterSubject(work(), calls(100)),
        cockatiel: cockatielSubject(work(), calls(100)),
      }),
    );
  },
};

function withEach(options: Partial<Subject>, subjects: Subjects): Subjects {
  return Object.fromEntries(
    Object.entries(subjects).map(([library, subject]) => [library, { ...subject, ...options }]),
  );
}

/** Each sample is one request, so that the quartiles of the bare request show how much requests differ. */
function request(name: string, protect: (work: () => Promise<unknown>) => Subjects): BenchCase {
  return {
    name,
    remark: 'undici to a server in another process',
    subjects: async () => {
      const server = fork(new URL('loopback-server.ts', import.meta.url));
      const { http } = await messageOf<LoopbackPorts>(server);
      const agent = new Agent();
      const url = `http://127.0.0.1:${http}/customers/c-1001`;
      const send = async (): Promise<unknown> => (await undiciRequest(url, { dispatcher: agent })).body.json();
      const dispose = (): void => {
        void agent.destroy();
        server.disconnect();
      };
      return withEach({ callsPerSample: 1, samples: 300 }, { bare: { operation: send, dispose }, ...protect(send) });
    },
  };
}

const registry: BenchCase = {
  name: 'one of 10,000 circuit breakers, by name',
  remark: 'cockatiel has no registry and uses a Map',
  subjects: async () => {
    const names = Array.from({ length: registrySize }, (_, index) => `customer-${index}`);
    const next = rotation(names);
    const ours = createRegistry('circuitBreaker');
    for (const name of names) ours.declare(name);
    const theirs = new Map(names.map((name) => [name, cockatiel(calls(100))]));
    return {
      bare,
      breakwater: { operation: () => ours.getOrCreate(next()).execute(succeed) },
      cockatiel: { operation: () => theirs.get(next())!.execute(succeed) },
    };
  },
};

const endpointPool: BenchCase = {
  name: 'endpoint pool, 3 endpoints',
  remark: 'the choice of an endpoint and its outlier detection; no other library has them',
  subjects: async () => {
    const endpoints = ['http://10.0.0.1', 'http://10.0.0.2', 'http://10.0.0.3'];
    const pool = new EndpointPool('customer', { endpoints, slowCallDurationThreshold: '1s' });
    return { bare, breakwater: { operation: () => pool.execute(succeed), dispose: () => pool.dispose() } };
  },
};

function rotation<T>(values: readonly T[]): () => T {
  let at = 0;
  return () => values[(at = (at + 1) % values.length)]!;
}

/** All cases, in the order of the report. */
export const cases: readonly BenchCase[] = [
  successPerTurn,
  failurePerTurn,
  pipelinePerTurn,
  request('HTTP request over loopback, circuit breaker', (send) => ({
    clock: clockSubject(send),
    breakwater: breakwaterSubject(send, calls(100)),
    cockatiel: cockatielSubject(send, calls(100)),
    opossum: opossumSubject(send),
  })),
  request('HTTP request over loopback, full pipeline', (send) => {
    const { mollitia: _tooSlow, ...others } = pipelines(send);
    return others;
  }),
  success('success, COUNT_BASED 100', calls(100), 'opossum: 10 s, its own kind of window'),
  // Next to the case they are compared with: before V8 has seen other windows.
  withMetrics,
  withBuffer,
  success('success, COUNT_BASED 10', calls(10)),
  success('success, COUNT_BASED 10 000', calls(10_000)),
  success('success, TIME_BASED 10', seconds(10)),
  success('success, TIME_BASED 600', seconds(600)),
  failure('failure, COUNT_BASED 10', calls(10)),
  failure('failure, COUNT_BASED 100', calls(100)),
  failure('failure, COUNT_BASED 10 000', calls(10_000), fullOpossum),
  failure('failure, TIME_BASED 10', seconds(10)),
  failure('failure, TIME_BASED 600', seconds(600)),
  rejection,
  rejectionWithTrace,
  pipeline,
  endpointPool,
  registry,
];
