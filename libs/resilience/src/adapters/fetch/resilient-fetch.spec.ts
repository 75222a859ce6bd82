import { type fetch, Request, Response } from 'undici';
import { describe, expect, it } from 'vitest';
import { standardPipeline } from '../../core/standard-pipeline.ts';
import { type Fetch, resilientFetch } from './index.ts';

const policy = standardPipeline('payments', { retry: { waitDuration: 0 } });

/** `fetch` of the package undici, whose classes are not the global ones, with these responses. */
function respondingWith(...responses: Response[]) {
  const sent: Request[] = [];
  const transport = (async (input, init) => {
    sent.push(new Request(input, init));
    return responses[sent.length - 1]!;
  }) satisfies typeof fetch;
  return { sent, fetch: resilientFetch({ policy, fetch: transport as unknown as Fetch }) as unknown as typeof fetch };
}

describe('resilientFetch with classes of another implementation', () => {
  it('sends method, headers and body of a Request', async () => {
    const { sent, fetch: protectedFetch } = respondingWith(new Response('ok'));
    const request = new Request('http://payments/1', { method: 'POST', headers: { a: '1' }, body: 'payment' });

    await protectedFetch(request);

    const [{ method, headers, url }] = sent as [Request];
    expect([method, url, headers.get('a'), await sent[0]!.text()]).toStrictEqual([
      'POST',
      'http://payments/1',
      '1',
      'payment',
    ]);
  });

  it('cancels the body of a response that it retries', async () => {
    let isCancelled = false;
    const body = new ReadableStream({ cancel: () => void (isCancelled = true) });
    const { fetch: protectedFetch } = respondingWith(new Response(body, { status: 503 }), new Response('ok'));

    await protectedFetch('http://payments/1');

    expect(isCancelled).toBe(true);
  });
});

describe('resilientFetch', () => {
  it('lets null replace the signal of a Request, as fetch does', async () => {
    const request = new globalThis.Request('http://payments/1', { signal: AbortSignal.abort() });
    const protectedFetch = resilientFetch({ policy, fetch: async () => new globalThis.Response('ok') });

    await expect(protectedFetch(request)).rejects.toThrow(/aborted/);
    await expect(protectedFetch(request, { signal: null })).resolves.toMatchObject({ status: 200 });
  });
});
