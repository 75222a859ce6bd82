import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseStat, processorUse, treeProcessorMs } from './processor-use.ts';

describe('the processor time of a process tree', () => {
  it('reads parent and processor time of a process whose name has spaces and parentheses', () => {
    const line = '4711 (node (main) x) S 4710 4711 4711 0 -1 4194304 1 2 0 0 100 20 30 4 20 0 11 0 12345';

    expect(parseStat(line)).toEqual({ pid: 4711, parent: 4710, ms: 1_540 });
  });

  it('adds up a process and its descendants, and leaves out all others', () => {
    const processes = [
      { pid: 1, parent: 0, ms: 1_000 },
      { pid: 10, parent: 1, ms: 1 },
      { pid: 11, parent: 10, ms: 20 },
      { pid: 12, parent: 11, ms: 300 },
      { pid: 20, parent: 1, ms: 4_000 },
    ];

    expect(treeProcessorMs(processes, 10)).toBe(321);
    expect(treeProcessorMs(processes, 99)).toBe(0);
  });

  it.runIf(process.platform === 'linux')('is that which Linux reports of a child of this process', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);

    const stat = parseStat(readFileSync(`/proc/${child.pid}/stat`, 'utf8'));
    child.stdin.end();
    await once(child, 'exit');

    expect(stat).toMatchObject({ pid: child.pid, parent: process.pid });
  });

  it.runIf(process.platform === 'linux')('contains that of threads of k6 that have ended', async () => {
    // Stands for k6, whose threads end while it runs.
    const burn = 'while (process.cpuUsage().user < 600_000);';
    const script = `new (require('node:worker_threads').Worker)(${JSON.stringify(burn)}, { eval: true })
      .once('exit', () => process.stdout.write('ended'));
      process.stdin.resume();`;
    const child = spawn(process.execPath, ['-e', script]);
    const startedAt = performance.now();
    const use = processorUse(child.pid!);
    await once(child.stdout, 'data');

    const { generator } = use()!;
    const processorMs = generator * (performance.now() - startedAt);
    child.stdin.end();
    await once(child, 'exit');

    expect(processorMs).toBeGreaterThan(500);
  });
});
