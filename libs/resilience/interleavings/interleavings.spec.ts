import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CircuitBreakerWorld } from './circuit-breaker.world.ts';
import { exploreAll, exploreAtRandom, type Exploration, InvariantViolation, type World } from './explorer.ts';
import { plant, plantedBugs } from './planted-bugs.ts';
import { scopes } from './scopes.ts';

// The whole takes less than a minute of processor time, and far longer on a busy machine.
const timeout = 600_000;
const runNode = promisify(execFile);

/** What must happen to each policy in some schedule. */
const possible: Readonly<Record<string, readonly string[]>> = {
  'circuit breaker':
    'success,failure,timeout,abort,leave,refusal,slow,slow in flight,late result,refused,manual transition,illegal transition'.split(
      ',',
    ),
  bulkhead: 'admitted from the queue,wait ended,refused,aborted in the queue,aborted after admission'.split(','),
  'rate limiter': 'waited,refused,aborted in the wait,aborted after the wait'.split(','),
  'retry budget': 'retried,budget exhausted,aborted in the back-off'.split(','),
  'endpoint pool': 'ejected,ejection prevented,trial,restored,panic,slow in flight,late result'.split(','),
};

describe('Every order of concurrent calls keeps the invariants', () => {
  const explorations: Exploration[] = [];

  it.each(scopes)('$name', { timeout }, async (scope) => {
    const exploration = await exploreAll(scope);
    explorations.push(exploration);

    expect(exploration.violation).toBeUndefined();
  });

  it('in at least 100,000 distinct schedules, in which everything happens that can', () => {
    const schedules = explorations.reduce((sum, exploration) => sum + exploration.schedules, 0);
    const seen = (policy: string) =>
      new Set(explorations.filter(({ scope }) => scope.startsWith(policy)).flatMap((each) => [...each.seen.keys()]));
    process.stdout.write(`interleavings: ${schedules.toLocaleString('en')} distinct schedules\n`);

    expect(schedules).toBeGreaterThanOrEqual(100_000);
    for (const [policy, happenings] of Object.entries(possible)) {
      expect({ policy, never: happenings.filter((happening) => !seen(policy).has(happening)) }).toStrictEqual({
        policy,
        never: [],
      });
    }
  });
});

describe('The exploration', () => {
  it('finds every planted bug', { timeout }, async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const { stdout } = await runNode(process.execPath, ['--conditions=@breakwater/source', main, '--planted']);

    expect(plantedBugs.length).toBeGreaterThanOrEqual(10);
    expect(stdout).toContain(`${plantedBugs.length} of ${plantedBugs.length} planted bugs found`);
  });

  it('reports a planted bug whose text has changed', () => {
    expect(() => plant(plantedBugs[0]!, 'another text')).toThrow(/needs a new text to replace/);
  });

  /** Its steps are letters; the last one breaks an invariant after the first two in this order. */
  const world = (): World => {
    const done: string[] = [];
    return {
      seen: new Set(),
      choices: () => ['a', 'b', 'c'].filter((step) => !done.includes(step)),
      perform: (step) => {
        done.push(step);
        if (done.join('') === 'bca') throw new InvariantViolation('broken');
      },
      finish: () => {},
    };
  };
  const scope = { name: 'letters', makeWorld: world };

  it('executes each order once, and ends at the first that violates an invariant', async () => {
    await expect(
      exploreAll({ ...scope, makeWorld: () => ({ ...world(), perform: () => {}, choices: () => [] }) }),
    ).resolves.toMatchObject({ schedules: 1, steps: 0 });
    await expect(exploreAll(scope)).resolves.toMatchObject({
      schedules: 3,
      violation: { schedule: ['b', 'c', 'a'], message: 'broken' },
    });
  });

  it('counts random orders once', async () => {
    let next = 0;
    const random = () => [0, 0.9, 0.5][next++ % 3]!;

    await expect(exploreAtRandom(scope, 50, random)).resolves.toMatchObject({ schedules: 1 });
  });

  it('has fewer schedules when it does not distinguish calls with the same history', async () => {
    const bounds = { calls: 2, outcomes: ['success', 'failure'], ticks: 0, tickMs: 1, manual: 0 } as const;
    const explore = (isReduced: boolean) =>
      exploreAll({ name: 'two calls', makeWorld: () => new CircuitBreakerWorld({ ...bounds, isReduced }) });

    await expect(explore(false)).resolves.toMatchObject({ schedules: 12 });
    await expect(explore(true)).resolves.toMatchObject({ schedules: 8 });
  });
});
