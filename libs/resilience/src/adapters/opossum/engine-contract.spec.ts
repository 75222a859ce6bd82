import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRegistry, type PolicyRegistry } from '../../core/policies.ts';
import { circuitBreakerContract, type CircuitBreakerScene } from '../../testing/circuit-breaker-contract.ts';
import { engineDifferences } from '../../testing/engine-differences.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { policyContract } from '../../testing/policy-contract.ts';
import { opossumEngine } from './opossum-circuit-breaker.ts';
import { opossumLimits } from './opossum.options.ts';

const engines = ['sliding-window', 'opossum'] as const;

const startsAt = 1_700_000_000_000;

let registry: PolicyRegistry<'circuitBreaker'> | undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: startsAt });
  // The clause about throwing listeners emits warnings.
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

afterEach(() => {
  registry?.dispose();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function sceneOf(engine: (typeof engines)[number]): CircuitBreakerScene {
  const clock = new FakeClock(startsAt);
  return {
    clock,
    make: (options) => {
      registry = createRegistry(
        'circuitBreaker',
        { instances: { customer: { ...options, engine } } },
        { clock, engines: { opossum: opossumEngine } },
      );
      return registry.getOrCreate('customer');
    },
    advance: (durationMs) => {
      clock.advance(durationMs);
      vi.advanceTimersByTime(durationMs);
    },
    pendingTimers: () => clock.pendingTimers + vi.getTimerCount(),
  };
}

describe.each(engines)('A circuit breaker on the engine %s', (engine) => {
  it.each(circuitBreakerContract)('$title', async ({ run }) => {
    await expect(run(sceneOf(engine))).resolves.toBeUndefined();
  });

  it.each(policyContract)('meets the contract of every policy: $title', async ({ run }) => {
    await expect(
      run(({ clock }) => {
        registry = createRegistry(
          'circuitBreaker',
          { instances: { customer: { engine } } },
          { clock, engines: { opossum: opossumEngine } },
        );
        return registry.getOrCreate('customer');
      }),
    ).resolves.toBeUndefined();
  });

  it.each(engineDifferences)('differs: $title', async ({ observe, observed }) => {
    await expect(observe(sceneOf(engine))).resolves.toBe(observed[engine]);
  });

  it('leaves no timer when it is disposed', () => {
    const { make, pendingTimers } = sceneOf(engine);
    const breaker = make({ initialState: 'OPEN' });
    breaker.transitionToClosedState();
    breaker.transitionToOpenState();
    breaker.reconfigure({ engine });
    breaker.reset();

    registry?.dispose();

    expect(pendingTimers()).toBe(0);
  });
});

describe('engineDifferences', () => {
  it.each(engineDifferences)('differ: $title', ({ observed, reason }) => {
    expect(observed.opossum).not.toBe(observed['sliding-window']);
    expect(reason).toMatch(/\.$/);
  });
});

const file = fileURLToPath(new URL('../../../../../docs/opossum.md', import.meta.url));

const unsupportedOptions = table(
  ['option', 'e.g.', 'allowed', 'why: opossum …'],
  opossumLimits.map(({ option, example, allowed, reason }) => [
    `\`${option}\``,
    typeof example === 'function' ? 'a function' : `\`${String(example)}\``,
    allowed,
    reason.replace(/^(?:opossum|it) /, ''),
  ]),
);

const differences = table(
  ['situation', 'sliding-window', 'opossum', 'why'],
  engineDifferences.map(({ title, observed, reason }) => [
    title,
    String(observed['sliding-window']),
    String(observed.opossum),
    reason,
  ]),
);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function fillIn(text: string, name: string, content: string): string {
  const section = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`);
  expect(text).toMatch(section);
  return text.replace(section, (_all, before: string, after: string) => `${before}\n${content}\n\n${after}`);
}

describe('docs/opossum.md', () => {
  it('lists the unsupported options and every difference', async () => {
    const written = await readFile(file, 'utf8');
    const filledIn = fillIn(fillIn(written, 'limits', unsupportedOptions), 'differences', differences);
    const options = await resolveConfig(file);

    const upToDate = await format(filledIn, { ...options, filepath: file });

    // `vitest run src/adapters/opossum --update` updates the tables.
    await expect(upToDate).toMatchFileSnapshot(file);
  });
});
