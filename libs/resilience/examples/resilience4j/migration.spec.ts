import * as core from '@breakwater/resilience';
import { registryToken } from '@breakwater/resilience';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppModule } from './app.module.ts';
import { CustomerClient } from './customer-client.ts';
import { CustomerFailedError, CustomerNotFoundError } from './customer-errors.ts';

const fetched = vi.fn<typeof fetch>();
let application: INestApplicationContext;

beforeEach(async () => {
  vi.stubGlobal('fetch', fetched.mockReset());
  // Over the 100 ms of the file, which nobody has to wait for here.
  vi.stubEnv('RESILIENCE4J_RETRY_INSTANCES_CUSTOMER_WAITDURATION', '0');
  application = await (await Test.createTestingModule({ imports: [AppModule] }).compile()).init();
});

afterEach(async () => {
  await application.close();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

const answering = (status: number) => fetched.mockImplementation(async () => new Response('', { status }));
const find = () => application.get(CustomerClient).findById('c-1');
const breaker = () => application.get(registryToken('circuitBreaker')).getOrCreate('customer');

describe('The migrated client', () => {
  it('answers', async () => {
    answering(200);

    await expect(find()).resolves.toStrictEqual({ id: 'c-1', isVerified: true });
  });

  it('neither repeats nor records what is to be ignored', async () => {
    answering(404);

    await expect(find()).rejects.toBeInstanceOf(CustomerNotFoundError);

    expect(fetched).toHaveBeenCalledTimes(1);
    expect(breaker().metrics.bufferedCalls).toBe(0);
  });

  it('asks a second time, and each attempt is judged', async () => {
    answering(500);

    await expect(find()).rejects.toBeInstanceOf(CustomerFailedError);

    expect(fetched).toHaveBeenCalledTimes(2);
    expect(breaker().metrics.failedCalls).toBe(2);
  });

  it('falls back once the circuit breaker is open', async () => {
    answering(500);
    for (let call = 1; call <= 2; call++) await expect(find()).rejects.toBeInstanceOf(CustomerFailedError);
    expect(breaker().state).toBe('CLOSED');

    // Its first attempt is the fifth call, which opens; its second is refused.
    await expect(find()).resolves.toStrictEqual({ id: 'c-1', isVerified: false });

    expect(breaker().state).toBe('OPEN');
    await expect(find()).resolves.toStrictEqual({ id: 'c-1', isVerified: false });
    expect(fetched).toHaveBeenCalledTimes(5);
  });

  it('records that there was no answer', async () => {
    fetched.mockRejectedValue(new TypeError('fetch failed'));

    await expect(find()).rejects.toThrow('fetch failed');

    expect(breaker().metrics.failedCalls).toBe(2);
  });
});

describe('docs/migrating-from-resilience4j.md', async () => {
  const folder = import.meta.dirname;
  const page = await readFile(join(folder, '../../../../docs/migrating-from-resilience4j.md'), 'utf8');

  it('shows the file that is loaded', async () => {
    expect(page).toContain(await readFile(join(folder, 'application.yml'), 'utf8'));
  });

  const errors = [...page.matchAll(/`(?<java>[\w.]+)` +\| `(?<name>\w+Error)` +\| `(?<code>[A-Z_]+)`/g)].map(
    ({ groups }) => groups as { java: string; name: string; code: string },
  );

  it('knows every error', () => {
    expect(errors).toHaveLength(8);
  });

  it.each(errors)('is right about $name, which stands for $java', ({ name, code }) => {
    const errorClass = (core as Readonly<Record<string, unknown>>)[name] as core.ErrorClass;

    expect(Object.getPrototypeOf(errorClass.prototype)).toBeOneOf([
      core.ResilienceError.prototype,
      core.RejectedError.prototype,
    ]);
    // Their constructors want one thing and another; the literal stands in the class.
    expect(String(errorClass)).toMatch(new RegExp(`code = ["']${code}["']`));
  });

  it('is right that a call within the same object is protected', async () => {
    answering(500);
    const client = application.get(CustomerClient);
    const viaThis = async function (this: CustomerClient) {
      return this.findById('c-1');
    }.bind(client);

    await expect(viaThis()).rejects.toBeInstanceOf(CustomerFailedError);
    expect(breaker().metrics.failedCalls).toBe(2);
  });
});
