import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { defer, firstValueFrom, lastValueFrom, NEVER, of, throwError, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistries } from '../core/policies.ts';
import { standardPipeline, type StandardOptions } from '../core/standard-pipeline.ts';
import { protectClientProxy } from './protect-client-proxy.ts';

const received: string[] = [];

@Controller()
class PaymentsController {
  @MessagePattern('list')
  list() {
    return of('a', 'b', 'c');
  }

  @MessagePattern('pay')
  pay() {
    received.push('pay');
    return throwError(() => new RpcException('overloaded'));
  }

  @MessagePattern('never')
  never() {
    return NEVER;
  }

  @EventPattern('paid')
  paid(id: string) {
    received.push(id);
  }
}

@Module({ controllers: [PaymentsController] })
class PaymentsModule {}

const standard = (overrides: StandardOptions = {}, registries = createRegistries()) =>
  standardPipeline('payments', { retry: { waitDuration: 0 }, ...overrides }, registries);

describe('protectClientProxy', () => {
  let client: ClientProxy;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const options = { host: '127.0.0.1', port };
    const application = await NestFactory.createMicroservice(PaymentsModule, {
      transport: Transport.TCP,
      options,
      logger: false,
    });
    await application.listen();
    client = ClientProxyFactory.create({ transport: Transport.TCP, options });
    close = async () => {
      await client.close();
      await application.close();
    };
  });

  afterAll(() => close());

  it('emits all values of a response', async () => {
    const values = protectClientProxy(client, standard()).send('list', {});

    expect(await lastValueFrom(values.pipe(toArray()))).toStrictEqual(['a', 'b', 'c']);
  });

  it('sends a message once, and again only if it is idempotent', async () => {
    received.length = 0;
    const failed = firstValueFrom(protectClientProxy(client, standard()).send('pay', {}));
    await expect(failed).rejects.toMatchObject({ message: 'overloaded' });
    expect(received).toStrictEqual(['pay']);

    const idempotent = protectClientProxy(client, standard(), { isIdempotent: (pattern) => pattern === 'pay' });
    await expect(firstValueFrom(idempotent.send('pay', {}))).rejects.toBeDefined();
    expect(received).toStrictEqual(['pay', 'pay', 'pay', 'pay']);
  });

  it('emits only the response that the retry accepts', async () => {
    let statuses = [503, 200];
    const statusClient = { send: () => defer(() => of({ status: statuses.shift() })), emit: () => NEVER };
    const options = { isIdempotent: () => true };
    const values = protectClientProxy(statusClient, standard(), options).send();
    expect(await lastValueFrom(values.pipe(toArray()))).toStrictEqual([{ status: 200 }]);

    statuses = [503, 200];
    const sentOnce = protectClientProxy(statusClient, standard()).send();
    expect(await lastValueFrom(sentOnce.pipe(toArray()))).toStrictEqual([{ status: 503 }]);
  });

  it('records failures for the circuit breaker, which refuses calls when it is open', async () => {
    const registries = createRegistries();
    const payments = protectClientProxy(client, standard({}, registries));
    await expect(firstValueFrom(payments.send('pay', {}))).rejects.toBeDefined();
    const breaker = registries.circuitBreaker.find('payments')!;
    expect(breaker.metrics.failedCalls).toBe(1);

    breaker.transitionToOpenState();
    received.length = 0;
    await expect(firstValueFrom(payments.send('pay', {}))).rejects.toMatchObject({ code: 'CALL_NOT_PERMITTED' });
    expect(received).toStrictEqual([]);
  });

  it('ends a response that takes too long', async () => {
    const payments = protectClientProxy(client, standard({ timeLimiter: { timeoutDuration: 50 } }));

    await expect(firstValueFrom(payments.send('never', {}))).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
  });

  it('emits an event without a subscription, once', async () => {
    received.length = 0;

    const event = protectClientProxy(client, standard()).emit('paid', '17');
    await lastValueFrom(event, { defaultValue: undefined });
    await firstValueFrom(client.send('list', {}));

    expect(received).toStrictEqual(['17']);
  });

  it('has the other methods of the client', async () => {
    await expect(protectClientProxy(client, standard()).connect()).resolves.toBeUndefined();
  });
});
