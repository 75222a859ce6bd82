import { Injectable, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { lastValueFrom, Observable, of } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { CircuitBreaker, Retry } from './decorators.ts';
import { policyDecorator } from './policy-decorator.ts';
import { type PipelineKind, pipelineKindsOf } from '../core/policies.ts';
import { ResilienceRegistries } from './resilience-registries.ts';
import { ResilienceModule } from './resilience.module.ts';

type AnyMethod = (...args: unknown[]) => unknown;

/** A new class for each test, since a method is reported once. */
function clientClass() {
  @Injectable()
  class CustomerClient {
    @Retry('customer')
    @CircuitBreaker('customer')
    async find(id: string): Promise<string> {
      return `found ${id}`;
    }

    @CircuitBreaker('customer')
    watch(): Observable<string> {
      return of('value');
    }
  }
  return CustomerClient;
}

describe('a decorated method that is called without its instance', () => {
  let warn: MockInstance<Logger['warn']>;

  async function applicationWith<T extends object>(provider: new () => T) {
    const imports = [ResilienceModule.forRoot({ env: {}, pipelines: { customer: ['retry'] } })];
    const application = await Test.createTestingModule({ imports, providers: [provider] }).compile();
    await application.init();
    // The log of the start is not what these tests are about.
    warn.mockClear();
    const { policies } = application.get(ResilienceRegistries);
    return { client: application.get(provider), circuitBreaker: policies.circuitBreaker.getOrCreate('customer') };
  }

  beforeEach(() => {
    warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([
    ['undefined', (method: AnyMethod) => method('7')],
    ['another object', (method: AnyMethod) => method.call({ of: 'another class' }, '7')],
    ['a primitive value', (method: AnyMethod) => method.call(7, '7')],
  ])('runs unprotected and warns once, if `this` is %s', async (_, call) => {
    const { client, circuitBreaker } = await applicationWith(clientClass());

    const { find } = client as unknown as Record<'find', AnyMethod>;

    expect(await call(find)).toBe('found 7');
    expect(await call(find)).toBe('found 7');
    expect(circuitBreaker.metrics.bufferedCalls).toBe(0);
    expect(warn.mock.calls).toStrictEqual([
      [
        'CustomerClient.find is called without its instance and runs unprotected. Call it as a method, or pass ' +
          '(...args) => instance.find(...args).',
      ],
    ]);
  });

  it('warns once for each method, also for an Observable', async () => {
    const { client } = await applicationWith(clientClass());
    const { find, watch } = client as unknown as Record<'find' | 'watch', AnyMethod>;

    await find('7');
    expect(await lastValueFrom(watch() as Observable<string>)).toBe('value');

    expect(warn.mock.calls.map(([message]) => String(message).split(' ', 1)[0])).toStrictEqual([
      'CustomerClient.find',
      'CustomerClient.watch',
    ]);
  });

  it.each([...pipelineKindsOf(), 'pipeline'] as readonly (PipelineKind | 'pipeline')[])(
    'warns under every policy: %s',
    async (kind) => {
      @Injectable()
      class Client {
        @policyDecorator(kind, '@Policy', { name: 'customer', key: () => 'all' })
        async find(): Promise<string> {
          return 'found';
        }
      }
      const { find } = Client.prototype as unknown as Record<'find', AnyMethod>;

      expect(await find()).toBe('found');
      expect(warn).toHaveBeenCalledOnce();
    },
  );

  it('does not warn if it is bound, inherited, borrowed by an instance of a subclass or behind a proxy', async () => {
    const CustomerClient = clientClass();
    @Injectable()
    class PremiumClient extends CustomerClient {}
    const { client, circuitBreaker } = await applicationWith(PremiumClient);
    const bound = client.find.bind(client);

    await bound('7');
    await CustomerClient.prototype.find.call(client, '7');
    await new Proxy(client, {}).find('7');

    expect(circuitBreaker.metrics.successfulCalls).toBe(3);
    expect(warn).not.toHaveBeenCalled();
  });

  it('does not warn for an instance that Nest did not create, as in a unit test', async () => {
    const CustomerClient = clientClass();

    expect(await new CustomerClient().find('7')).toBe('found 7');
    expect(warn).not.toHaveBeenCalled();
  });
});
