import axios, { type GenericAbortSignal } from 'axios';
import { describe, expect, it } from 'vitest';
import { protectAxios } from './index.ts';

describe('protectAxios', () => {
  it('accepts a signal that is no AbortSignal of this implementation', async () => {
    let abort = (): void => {};
    const signal: GenericAbortSignal = {
      aborted: false,
      addEventListener: (_type: unknown, listener: () => void) => (abort = listener),
    };
    const adapter = axios.create().defaults.adapter;
    const instance = protectAxios(
      axios.create({
        adapter: (config) => {
          const hanging = axios.getAdapter(adapter)(config);
          abort();
          return hanging;
        },
      }),
    );

    await expect(instance.get('http://127.0.0.1:1/', { signal })).rejects.toMatchObject({ code: 'ERR_CANCELED' });
  });
});
