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
import { Registry } from 'prom-client';
import { bindToPrometheus } from '../src/adapters/prometheus/index.ts';
import { Bulkhead, CircuitBreaker, definePipeline, EndpointPool, Retry, TimeLimiter } from '../src/core/index.ts';
import { createRegistry } from '../src/core/policies.ts';
import {
  breakwater,
  breakwaterSubject,
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

const pipeline: BenchCase = {
  name: 'full pipeline',
  remark: 'retry, circuit breaker, time limiter and bulkhead, successful calls; opossum has no retry',
  subjects: async () => {
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
    const opossumBreaker = new OpossumBreaker(succeed, { timeout: 10_000, capacity: 100, resetTimeout: 3_600_000 });
    const circuit = new Circuit({
      options: {
        modules: [
          new MollitiaRetry({ attempts: 2, interval: 10 }),
          new SlidingCountBreaker({ slidingWindowSize: 100, minimumNumberOfCalls: 100, failureRateThreshold: 95 }),
          new Timeout({ delay: 10_000 }),
          new MollitiaBulkhead({ concurrentSize: 100, queueSize: 0 }),
        ],
      },
    }).fn(succeed);
    return {
      bare,
      breakwater: { operation: () => ours.execute(succeed) },
      cockatiel: { operation: () => theirs.execute(succeed) },
      opossum: { operation: () => opossumBreaker.fire(), dispose: () => opossumBreaker.shutdown() },
      mollitia: { operation: () => circuit.execute(), callsPerSample: 200, dispose: () => circuit.dispose() },
    };
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

/** A call that waits for something starts and ends in turns of its own. */
const turn = async (): Promise<number> => new Promise((resolve) => void setImmediate(resolve, 42));

const turns: BenchCase = {
  name: 'success, COUNT_BASED 100, one call per turn of the event loop',
  remark: 'as with calls over a network',
  subjects: async () => ({
    bare: { operation: turn, callsPerSample: 200 },
    breakwater: { ...breakwaterSubject(turn, calls(100)), callsPerSample: 200 },
    cockatiel: { ...cockatielSubject(turn, calls(100)), callsPerSample: 200 },
    opossum: { ...opossumSubject(turn), callsPerSample: 200 },
  }),
};

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
  success('success, COUNT_BASED 100', calls(100), 'opossum: 10 s, its own kind of window'),
  // Next to the case they are compared with: before V8 has seen other windows.
  withMetrics,
  withBuffer,
  success('success, COUNT_BASED 10', calls(10)),
  success('success, COUNT_BASED 10 000', calls(10_000)),
  success('success, TIME_BASED 10', seconds(10)),
  success('success, TIME_BASED 600', seconds(600)),
  turns,
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
