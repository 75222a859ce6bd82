import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { expect, it } from 'vitest';
import { refuseForeignRequests } from './foreign-requests.ts';

type Headers = Readonly<Record<string, string | undefined>>;
type Hook = (
  request: { readonly url: string; readonly method: string; readonly headers: Headers },
  reply: { status(code: number): { send(body: unknown): unknown } },
) => Promise<unknown>;

/** The hook that the console installs. */
function hookAllowing(allowed: readonly string[]): Hook {
  let installed: Hook | undefined;
  const app = { addHook: (_: string, hook: Hook) => (installed = hook) } as unknown as FastifyInstance;
  refuseForeignRequests(app, allowed);
  if (installed === undefined) throw new Error('no hook was installed');
  return installed;
}

const part = fc.constantFrom(
  'localhost',
  '127.0.0.1',
  '[::1]',
  'evil.example',
  '.',
  ':',
  '80',
  '@',
  '/',
  '%6c',
  '#',
  '?',
  '\\',
  ' ',
  'http://',
  'null',
);
const hostLike = fc.oneof(
  fc.string(),
  fc.array(part, { maxLength: 5 }).map((parts) => parts.join('')),
);

it('serves a change only under an allowed Host, and from no other Origin', async () => {
  const hook = hookAllowing(['loopback']);
  await fc.assert(
    fc.asyncProperty(hostLike, fc.option(hostLike, { nil: undefined }), async (host, origin) => {
      let status = 0;
      const reply = { status: (code: number) => ({ send: () => (status = code) }) };

      await hook({ url: '/console/api/faults', method: 'PUT', headers: { host, origin } }, reply);

      expect([0, 403]).toContain(status);
      if (status === 403) return;
      expect(host.toLowerCase()).toMatch(/^(?:[\w.-]*localhost|127(?:\.\d+){0,3}|\[[\d:]*1\]|[\dx.]+)(?::\d*)?$/);
      if (origin !== undefined) expect(new URL(origin).hostname).toBe(new URL(`http://${host}`).hostname);
    }),
  );
});
