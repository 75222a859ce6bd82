import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRegistry } from '../src/core/policies.ts';
import { figureOf } from './measure.ts';
import {
  breakwaterSubject,
  cockatielSubject,
  type Library,
  mollitiaSubject,
  opossumSubject,
  settled,
  type Subject,
  succeed,
  type Window,
} from './subjects.ts';

/** The memory of a circuit breaker with a window of 100 calls, in bytes, averaged over many. */
export interface MemoryRow {
  readonly library: Library;
  readonly bytesIdle: number;
  /** The growth in 100,000 calls, minus that of the bare calls. */
  readonly growthBytes: number;
  /** The timers of an idle circuit breaker. */
  readonly timersIdle: number;
}

/** The memory of a registry with many circuit breakers. */
export interface RegistryMemory {
  readonly circuitBreakers: number;
  readonly bytes: number;
  readonly timers: number;
}

const window: Window = { type: 'COUNT_BASED', size: 100 };
const idleCount = 1_000;
const busyCount = 20;
const callsEach = 100_000;
/** Each of its calls scans the whole window; fewer calls show growth too. */
const callsOfMollitia = 2_000;

const bare = (): Subject => ({ operation: succeed });

const candidates: readonly { readonly library: Library; readonly calls: number; readonly create: () => Subject }[] = [
  { library: 'breakwater', calls: callsEach, create: () => breakwaterSubject(succeed, window) },
  { library: 'cockatiel', calls: callsEach, create: () => cockatielSubject(succeed, window) },
  { library: 'opossum', calls: callsEach, create: () => opossumSubject(succeed) },
  { library: 'mollitia', calls: callsOfMollitia, create: () => mollitiaSubject(succeed, window) },
];

export async function measureMemory(): Promise<readonly MemoryRow[]> {
  await holding(busyCount, bare, callsEach);
  const { growth: bareGrowth } = await holding(busyCount, bare, callsEach);
  const rows: MemoryRow[] = [];
  for (const { library, calls, create } of candidates) {
    const idle = await holding(idleCount, create, 0);
    const growths: number[] = [];
    for (let measured = 0; measured < 3; measured++) growths.push((await holding(busyCount, create, calls)).growth);
    rows.push({
      library,
      bytesIdle: Math.round(idle.bytes),
      growthBytes: Math.round(figureOf(growths).median - bareGrowth),
      timersIdle: idle.timers,
    });
  }
  return rows;
}

export function measureRegistry(circuitBreakers = 10_000): RegistryMemory {
  const before = heldBytes();
  const timers = countTimers();
  const registry = createRegistry('circuitBreaker');
  for (let each = 0; each < circuitBreakers; each++) registry.declare(`customer-${each}`);
  const held = timers.stop();
  const bytes = heldBytes() - before;
  registry.dispose?.();
  return { circuitBreakers, bytes, timers: held };
}

/** Bytes and timers of each of `count` circuit breakers after creation, and the growth by calls. */
async function holding(count: number, create: () => Subject, calls: number) {
  create().dispose?.();
  const before = heldBytes();
  const timers = countTimers();
  const created = Array.from({ length: count }, create);
  const held = timers.stop();
  // As many calls before, because what a library creates once, and what V8 compiles meanwhile, is no growth.
  for (const { operation } of created) for (let call = 0; call < calls; call++) await settled(operation)();
  const warmBytes = heldBytes();
  for (const { operation } of created) for (let call = 0; call < calls; call++) await operation();
  const after = heldBytes();
  for (const { dispose } of created) dispose?.();
  return { bytes: (warmBytes - before) / count, growth: (after - warmBytes) / count, timers: held / count };
}

function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Counts the timers that are set from now and not cleared. */
function countTimers(): { stop(): number } {
  const originals = { setTimeout, setInterval, clearTimeout, clearInterval };
  let pending = 0;
  for (const [name, original] of Object.entries<(...args: never[]) => unknown>(originals)) {
    const counting = (...args: never[]) => {
      pending += name.startsWith('set') ? 1 : -1;
      return original(...args);
    };
    Object.assign(globalThis, { [name]: counting });
  }
  return {
    stop: () => {
      Object.assign(globalThis, originals);
      return pending;
    },
  };
}
