import { describe, expect, it } from 'vitest';
import { Deadline } from '../core/deadline.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { currentCallContext, runInCallContext } from './call-context.ts';

describe('currentCallContext', () => {
  it('has no deadline and no aborted signal outside of a call', () => {
    const { signal, attempt, deadline } = currentCallContext();

    expect(signal.aborted).toBe(false);
    expect(attempt).toBe(1);
    expect(deadline).toBeUndefined();
  });

  it('is that of the enclosing runInCallContext, also in asynchronous work', async () => {
    const deadline = Deadline.after('1s', new FakeClock());

    const seen = await runInCallContext({ deadline, attempt: 2 }, async () => {
      await new Promise(setImmediate);
      return currentCallContext();
    });

    expect(seen).toMatchObject({ deadline, attempt: 2 });
    expect(currentCallContext().deadline).toBeUndefined();
  });

  it('is empty in runInCallContext({}), for work that continues after the call', () => {
    const outer = { signal: AbortSignal.abort() };

    const inner = runInCallContext(outer, () => runInCallContext({}, currentCallContext));

    expect(inner.signal.aborted).toBe(false);
  });
});
