import { availableParallelism, cpus } from 'node:os';
import { rowsOf, type Row } from './figures.ts';
import type { MemoryRow, RegistryMemory } from './memory.ts';
import { judge, type Measured, type Verdict } from './targets.ts';

/** The results for programs: what `--json` prints, and docs/performance/library.json holds. */
export interface ResultDocument {
  readonly machine: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly rows: readonly Row[];
  readonly memory: readonly MemoryRow[];
  readonly registry: RegistryMemory;
  readonly targets: readonly Verdict[];
}

/** @param isGuard allows each target its margin */
export function documentOf(measured: Measured, isGuard: boolean): ResultDocument {
  const { results, memory, registry } = measured;
  return {
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} processors, Node.js ${process.version}`,
    measuredAt: new Date().toISOString(),
    rows: results.flatMap(rowsOf),
    memory,
    registry,
    targets: judge(measured, isGuard),
  };
}
