import { describe, expect, it } from 'vitest';
import { currentRequestId, runInRequestContext } from './request-context.ts';

describe('runInRequestContext', () => {
  it('keeps requests that are served at the same time apart', async () => {
    const serve = (requestId: string): Promise<string | undefined> =>
      runInRequestContext({ requestId }, async () => {
        await Promise.resolve();
        return currentRequestId();
      });

    await expect(Promise.all([serve('a'), serve('b')])).resolves.toEqual(['a', 'b']);
  });

  it('knows no id outside of a request', () => {
    expect(currentRequestId()).toBeUndefined();
  });
});
