import { type ArgumentsHost, Injectable, Logger } from '@nestjs/common';
import { APP_FILTER, ExternalContextCreator, HttpAdapterHost } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConcurrencyLimitExceededError } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.errors.ts';
import { BulkheadFullError } from '../core/bulkhead/bulkhead.errors.ts';
import { CallAbortedOnOpenError, CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { DeadlineExceededError } from '../core/deadline.ts';
import type { ResilienceError } from '../core/errors.ts';
import { RateLimitExceededError } from '../core/rate-limiter/rate-limiter.errors.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';
import { ResilienceExceptionFilter } from './resilience-exception.filter.ts';
import { ResilienceModule } from './resilience.module.ts';

const errors: Readonly<Record<string, Error>> = {
  'call-not-permitted': new CallNotPermittedError('secret-name', 'FORCED_OPEN', 7_001),
  'call-aborted-on-open': new CallAbortedOnOpenError('secret-name'),
  'bulkhead-full': new BulkheadFullError('secret-name', 1, 0),
  'concurrency-limit-exceeded': new ConcurrencyLimitExceededError('secret-name', 1, 1),
  'rate-limit-exceeded': new RateLimitExceededError('secret-name', 1, 500),
  'timeout-exceeded': new TimeoutExceededError('secret-name', 1_000, 'timeoutDuration'),
  'deadline-exceeded': new DeadlineExceededError('secret-name'),
};
const kinds = Object.keys(errors);

/** What a client may get: a text, a type and a time. */
function expectSafe(payload: unknown, kind: string): void {
  expect(payload).toMatchObject({
    status: 'error',
    message: expect.stringMatching(/^[A-Z].*\.$/),
    type: `urn:breakwater:problem:${kind}`,
  });
  expect(JSON.stringify(payload)).not.toMatch(/secret|OPEN|stack/);
}

const filter = new ResilienceExceptionFilter(new HttpAdapterHost());

describe('ResilienceExceptionFilter in a microservice (sentry-javascript#16051)', () => {
  const host = { getType: () => 'rpc' } as ArgumentsHost;

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each(kinds)(
    'returns an Observable of a safe description, since Nest does not send what it throws: %s',
    async (kind) => {
      const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});

      const returned: unknown = filter.catch(errors[kind] as ResilienceError, host);

      expect(isObservable(returned)).toBe(true);
      expectSafe(await lastValueFrom(returned as Observable<never>).catch((error: unknown) => error), kind);
      expect(warn).toHaveBeenCalledExactlyOnceWith(errors[kind]?.message);
    },
  );
});

describe('ResilienceExceptionFilter in a WebSocket gateway', () => {
  const hostOf = (client: object) => {
    const ws = { getClient: () => client, getPattern: () => 'find', getData: () => '7' };
    return { getType: () => 'ws', switchToWs: () => ws } as unknown as ArgumentsHost;
  };

  it.each(kinds)("emits 'exception' to a client of Socket.IO: %s", (kind) => {
    const emit = vi.fn<(event: string, payload: object) => void>();

    filter.catch(errors[kind] as ResilienceError, hostOf({ emit }));

    expect(emit).toHaveBeenCalledExactlyOnceWith(
      'exception',
      expect.objectContaining({ cause: { pattern: 'find', data: '7' } }),
    );
    expectSafe(emit.mock.calls[0]?.[1], kind);
  });

  it.each(kinds)("sends 'exception' to a WebSocket, which emits only locally: %s", (kind) => {
    const send = vi.fn<(text: string) => void>();
    const emit = vi.fn<() => void>();

    filter.catch(errors[kind] as ResilienceError, hostOf({ readyState: 1, send, emit }));

    const { event, data } = JSON.parse(send.mock.calls[0]?.[0] ?? '') as {
      readonly event: string;
      readonly data: unknown;
    };
    expect(event).toBe('exception');
    expectSafe(data, kind);
    expect(emit).not.toHaveBeenCalled();
  });
});

describe('ResilienceExceptionFilter in a GraphQL resolver', () => {
  @Injectable()
  class Failing {
    async fail(kind: string): Promise<never> {
      throw errors[kind] ?? new Error('secret');
    }
  }

  async function start(contextType = 'graphql') {
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ env: {} })],
      providers: [Failing, { provide: APP_FILTER, useClass: ResilienceExceptionFilter }],
    }).compile();
    const application = module.createNestApplication({ logger: false });
    await application.init();
    onTestFinished(() => application.close());
    const resolvers = application.get(Failing);
    const create = application.get(ExternalContextCreator);
    const resolver = create.create(
      resolvers,
      resolvers.fail as (...args: unknown[]) => unknown,
      'fail',
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      contextType,
    );
    return (kind: string): Promise<unknown> => resolver(kind, {}, {}, {}).catch((error: unknown) => error);
  }

  it.each(kinds)('throws an error that names no policy and has extensions: %s', async (kind) => {
    const resolve = await start();

    const error = (await resolve(kind)) as Error & { readonly extensions: object };

    expect(error).toBeInstanceOf(Error);
    expect(error.extensions).toMatchObject({
      code: kind.toUpperCase().replaceAll('-', '_'),
      type: `urn:breakwater:problem:${kind}`,
      status: expect.any(Number),
    });
    expect(error.message).toMatch(/^[A-Z].*\.$/);
    expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toMatch(/secret|FORCED_OPEN/);
  });

  it.each(['http', 'telegram'])('throws the error itself in an unknown context, of type %s', async (contextType) => {
    const resolve = await start(contextType);

    expect(await resolve('bulkhead-full')).toBe(errors['bulkhead-full']);
  });
});
