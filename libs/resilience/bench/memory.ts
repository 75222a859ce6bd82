import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRegistry } from '../src/core/policies.ts';
import { breakwater, cockatiel, mollitia, opossum, type Window } from './breakers.ts';
import type { Library, Operation } from './case.ts';
import { settled, succeed } from './work.ts';

/** What a circuit breaker with a window of 100 calls holds. Bytes, on average over many. */
export interface MemoryRow {
  readonly library: Library;
  readonly bytesIdle: number;
  /** By how much it has grown after 100,000 calls, beyond what the bare calls leave behind. */
  readonly growthBytes: number;
  /** Timers that are set while it has nothing to do. */
  readonly timersIdle: number;
}

/** A registry with many circuit breakers. */
export interface RegistryMemory {
  readonly circuitBreakers: number;
  readonly bytes: number;
  readonly timers: number;
}

interface Made {
  readonly operation: Operation;
  readonly dispose: () => void;
}

const window: Window = { type: 'COUNT_BASED', size: 100 };
const idleCount = 1_000;
const busyCount = 20;
const callsEach = 100_000;
/** Each of its calls looks at the whole window: a tenth of the calls shows growth as well. */
const callsOfMollitia = 10_000;

const bare = (): Made => ({ operation: () => succeed(), dispose: () => {} });

const makers: readonly { readonly library: Library; readonly calls: number; readonly make: () => Made }[] = [
  {
    library: 'breakwater',
    calls: callsEach,
    make: () => {
      const breaker = breakwater(window);
      return { operation: () => breaker.execute(succeed), dispose: () => breaker.dispose() };
    },
  },
  {
    library: 'cockatiel',
    calls: callsEach,
    make: () => {
      const breaker = cockatiel(window);
      return { operation: () => breaker.execute(succeed), dispose: () => {} };
    },
  },
  {
    library: 'opossum',
    calls: callsEach,
    make: () => {
      const breaker = opossum(succeed);
      return { operation: () => breaker.fire(), dispose: () => breaker.shutdown() };
    },
  },
  {
    library: 'mollitia',
    calls: callsOfMollitia,
    make: () => {
      const circuit = mollitia(succeed, window);
      return { operation: () => circuit.execute(), dispose: () => circuit.dispose() };
    },
  },
];

export async function measureMemory(): Promise<readonly MemoryRow[]> {
  await holding(1, bare, callsEach);
  const { growth: leftBehind } = await holding(busyCount, bare, callsEach);
  const rows: MemoryRow[] = [];
  for (const { library, calls, make } of makers) {
    const idle = await holding(idleCount, make, 0);
    // Once unmeasured: what the engine compiles and learns on the way is not the library's.
    await holding(1, make, calls);
    const busy = await holding(busyCount, make, calls);
    rows.push({
      library,
      bytesIdle: Math.round(idle.bytes),
      growthBytes: Math.round(busy.growth - leftBehind),
      timersIdle: idle.timers,
    });
  }
  return rows;
}

export function measureRegistry(circuitBreakers = 10_000): RegistryMemory {
  const before = heldBytes();
  const timers = countTimers();
  const registry = createRegistry('circuitBreaker');
  for (let each = 0; each < circuitBreakers; each++) registry.getOrCreate(`customer-${each}`);
  const held = timers.stop();
  const bytes = heldBytes() - before;
  registry.dispose();
  return { circuitBreakers, bytes, timers: held };
}

/** What each of so many holds when it is made, by how much that grows with calls, and the timers that it sets. */
async function holding(count: number, make: () => Made, calls: number) {
  make().dispose();
  const before = heldBytes();
  const timers = countTimers();
  const made = Array.from({ length: count }, make);
  const held = timers.stop();
  // A few calls first: what a library makes once, at the first of them, is no growth.
  for (const { operation } of made) for (let call = 0; call < Math.min(calls, 200); call++) await settled(operation)();
  const begun = heldBytes();
  for (const { operation } of made) for (let call = 0; call < calls; call++) await operation();
  const after = heldBytes();
  for (const { dispose } of made) dispose();
  return { bytes: (begun - before) / count, growth: (after - begun) / count, timers: held / count };
}

function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Counts the timers that are set from now on and not cleared. */
function countTimers(): { stop(): number } {
  const { setTimeout: timeout, setInterval: interval, clearTimeout: clear, clearInterval: clearEvery } = globalThis;
  let held = 0;
  const counting = <F extends (...args: never[]) => unknown>(original: F, change: 1 | -1): F =>
    ((...args: Parameters<F>) => {
      held += change;
      return original(...args);
    }) as F;
  Object.assign(globalThis, {
    setTimeout: counting(timeout, 1),
    setInterval: counting(interval, 1),
    clearTimeout: counting(clear, -1),
    clearInterval: counting(clearEvery, -1),
  });
  return {
    stop: () => {
      Object.assign(globalThis, {
        setTimeout: timeout,
        setInterval: interval,
        clearTimeout: clear,
        clearInterval: clearEvery,
      });
      return held;
    },
  };
}
