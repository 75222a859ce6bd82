import { Agent, type Dispatcher, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resilienceInterceptor } from './index.ts';

const controller = { aborted: false, paused: false, reason: null, rawHeaders: null, rawTrailers: null };
const idle = { ...controller, abort() {}, pause() {}, resume() {} } satisfies Dispatcher.DispatchController;

/** A dispatcher that responds with 200 to each request, and records its address. */
function recording(addresses: string[]): Dispatcher {
  const agent = new Agent();
  onTestFinished(() => agent.close());
  return agent.compose(() => ({ origin, path }, handler) => {
    addresses.push(`${String(origin)}${path}`);
    handler.onRequestStart?.(idle, {});
    handler.onResponseStart?.(idle, 200, {}, 'OK');
    handler.onResponseEnd?.(idle, {});
    return true;
  });
}

describe('The interceptor for undici', () => {
  it('keeps a path that looks like a host, also at the endpoint of the context', async () => {
    const addresses: string[] = [];
    const names: string[] = [];
    const context = () => ({ endpoint: { url: 'http://10.0.0.7:3000/base', name: 'replica-1' } });
    const name = ({ url }: { readonly url: URL }): string => names[names.push(url.host) - 1]!;
    const plain = recording(addresses).compose(resilienceInterceptor({ name }));
    const balanced = recording(addresses).compose(resilienceInterceptor({ name, context }));

    for (const dispatcher of [plain, balanced]) await request('http://payments:3000//name/17?a=//b', { dispatcher });

    expect(names).toStrictEqual(['payments:3000', 'payments:3000']);
    expect(addresses).toStrictEqual([
      'http://payments:3000//name/17?a=//b',
      'http://10.0.0.7:3000/base//name/17?a=//b',
    ]);
  });
});
