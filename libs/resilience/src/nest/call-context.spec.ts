import { describe, expect, it } from 'vitest';
import { Deadline } from '../core/deadline.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { currentCallContext, runInCallContext } from './call-context.ts';

describe('the current call context', () => {
  it('has no end outside of a call', () => {
    const { signal, attempt, deadline } = currentCallContext();

    expect(signal.aborted).toBe(false);
    expect(attempt).toBe(1);
    expect(deadline).toBeUndefined();
  });

  it('applies to asynchronous work inside it and nowhere else', async () => {
    const deadline = Deadline.after('1s', new FakeClock());

    const seen = await runInCallContext({ deadline, attempt: 2 }, async () => {
      await new Promise(setImmediate);
      return currentCallContext();
    });

    expect(seen).toMatchObject({ deadline, attempt: 2 });
    expect(currentCallContext().deadline).toBeUndefined();
  });

  it('can be replaced by an empty one for work that outlives the call', () => {
    const outer = { signal: AbortSignal.abort() };

    const inner = runInCallContext(outer, () => runInCallContext({}, currentCallContext));

    expect(inner.signal.aborted).toBe(false);
  });
});
