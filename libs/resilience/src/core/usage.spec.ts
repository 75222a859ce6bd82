import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { BasePolicy } from './base-policy.ts';
import { Bulkhead } from './bulkhead/bulkhead.ts';
import { createRegistries, type PipelineKind, pipelineKindsOf } from './policies.ts';
import { Retry } from './retry/retry.ts';
import { Usage } from './usage.ts';
import { withResolvers } from './with-resolvers.ts';

const clock = new FakeClock();
const failure = new Error('customer is down');

/** Options that a policy needs. */
const needed: Partial<Record<PipelineKind, object>> = {
  fallback: { handlers: [{ handle: () => 'unknown' }] },
  deadline: { timeoutDuration: '10s' },
  retry: { maxAttempts: 1 },
};

function policyOf(kind: PipelineKind) {
  const policy = createRegistries({}, { clock })[kind].getOrCreate('customer', needed[kind] ?? {});
  if (!(policy instanceof BasePolicy)) throw new Error(`${kind} has no usage.`);
  return policy;
}

const endings = ['success', 'failure'] as const;

describe('Usage', () => {
  it.each(pipelineKindsOf().flatMap((kind) => endings.map((ending) => [kind, ending] as const)))(
    'of %s counts a call as in flight until its %s',
    async (kind, ending) => {
      const policy = policyOf(kind);
      const work = withResolvers<string>();
      const settled = policy.execute(() => work.promise).catch((error: unknown) => error);
      await Promise.resolve();

      expect(policy.usage.inFlightCalls).toBe(1);
      const { activity } = policy.usage;
      if (ending === 'success') work.resolve('Ada');
      else work.reject(failure);
      await settled;

      expect(policy.usage.inFlightCalls).toBe(0);
      expect(policy.usage.activity).toBeGreaterThan(activity);
    },
  );

  it('counts a call once while it waits for a permit and after that', async () => {
    const bulkhead = new Bulkhead('customer', { maxConcurrentCalls: 1, maxWaitDuration: '1s' }, { clock });
    const work = withResolvers<void>();
    bulkhead.tryAcquirePermission();
    const settled = bulkhead.execute(() => work.promise);

    expect(bulkhead.usage.inFlightCalls).toBe(1);
    bulkhead.releasePermission();
    await clock.advanceAsync(0);

    expect(bulkhead.usage.inFlightCalls).toBe(1);
    work.resolve();
    await settled;
    expect(bulkhead.usage.inFlightCalls).toBe(0);
  });

  it('counts a call while it waits for its next attempt', async () => {
    const retry = new Retry('customer', { maxAttempts: 2, waitDuration: '1s' }, { clock });
    let attempts = 0;
    const settled = retry.execute(async () => {
      if (++attempts === 1) throw failure;
    });
    await clock.advanceAsync(500);

    expect(retry.usage.inFlightCalls).toBe(1);
    await clock.advanceAsync(500);
    await settled;
    expect(retry.usage.inFlightCalls).toBe(0);
  });

  it('follows a call until it settles, and passes on its result', async () => {
    const usage = new Usage();
    const work = withResolvers<string>();
    const [succeeding, failing] = [usage.track(work.promise), usage.track(Promise.reject(failure))];
    expect([usage.inFlightCalls, usage.activity]).toStrictEqual([2, 2]);

    work.resolve('Ada');
    await expect(succeeding).resolves.toBe('Ada');
    await expect(failing).rejects.toBe(failure);

    expect([usage.inFlightCalls, usage.activity]).toStrictEqual([0, 4]);
  });

  it('counts a permission that a caller requests by hand as activity and not as a call', () => {
    const usage = new Usage();

    usage.touch();

    expect([usage.inFlightCalls, usage.activity]).toStrictEqual([0, 1]);
  });
});
