import * as core from '@breakwater/resilience';
import { registryToken } from '@breakwater/resilience';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppModule, CustomerClient, CustomerFailedError, CustomerNotFoundError } from './application.ts';

const fetched = vi.fn<typeof fetch>();
let application: INestApplicationContext;

beforeEach(async () => {
  vi.stubGlobal('fetch', fetched.mockReset());
  // Overrides the 100 ms of the file.
  vi.stubEnv('RESILIENCE4J_RETRY_INSTANCES_CUSTOMER_WAITDURATION', '0');
  application = await (await Test.createTestingModule({ imports: [AppModule] }).compile()).init();
});

afterEach(async () => {
  await application.close();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

const responding = (status: number) => fetched.mockImplementation(async () => new Response('', { status }));
const find = () => application.get(CustomerClient).findById('c-1');
const breaker = () => application.get(registryToken('circuitBreaker')).getOrCreate('customer');

describe('The migrated client', () => {
  it('returns the customer', async () => {
    responding(200);

    await expect(find()).resolves.toStrictEqual({ id: 'c-1', isVerified: true });
  });

  it('neither repeats nor records an ignored error', async () => {
    responding(404);

    await expect(find()).rejects.toBeInstanceOf(CustomerNotFoundError);

    expect(fetched).toHaveBeenCalledTimes(1);
    expect(breaker().metrics.bufferedCalls).toBe(0);
  });

  it('makes a second attempt, and records each of them', async () => {
    responding(500);

    await expect(find()).rejects.toBeInstanceOf(CustomerFailedError);

    expect(fetched).toHaveBeenCalledTimes(2);
    expect(breaker().metrics.failedCalls).toBe(2);
  });

  it('returns the fallback while the circuit breaker is open', async () => {
    responding(500);
    for (let call = 1; call <= 2; call++) await expect(find()).rejects.toBeInstanceOf(CustomerFailedError);
    expect(breaker().state).toBe('CLOSED');

    // The first attempt is the fifth call, which opens the circuit breaker; the second is refused.
    await expect(find()).resolves.toStrictEqual({ id: 'c-1', isVerified: false });

    expect(breaker().state).toBe('OPEN');
    await expect(find()).resolves.toStrictEqual({ id: 'c-1', isVerified: false });
    expect(fetched).toHaveBeenCalledTimes(5);
  });

  it('records a missing response', async () => {
    fetched.mockRejectedValue(new TypeError('fetch failed'));

    await expect(find()).rejects.toThrow('fetch failed');

    expect(breaker().metrics.failedCalls).toBe(2);
  });
});

describe('docs/migrating-from-resilience4j.md', async () => {
  const folder = import.meta.dirname;
  const page = await readFile(join(folder, '../../../../docs/migrating-from-resilience4j.md'), 'utf8');

  it('shows the loaded file', async () => {
    expect(page).toContain(await readFile(join(folder, 'application.yml'), 'utf8'));
  });

  const errors = [...page.matchAll(/`(?<java>[\w.]+)` +\| `(?<name>\w+Error)` +\| `(?<code>[A-Z_]+)`/g)].map(
    ({ groups }) => groups as { java: string; name: string; code: string },
  );

  it('lists every error', () => {
    expect(errors).toHaveLength(8);
  });

  it.each(errors)('describes $name, which replaces $java, correctly', ({ name, code }) => {
    const errorClass = (core as Readonly<Record<string, unknown>>)[name] as core.ErrorClass;

    expect(Object.getPrototypeOf(errorClass.prototype)).toBeOneOf([
      core.ResilienceError.prototype,
      core.RejectedError.prototype,
    ]);
    // Their constructors have different parameters, so the literal is read from the class.
    expect(String(errorClass)).toMatch(new RegExp(`code = ["']${code}["']`));
  });

  it('is right that a call from within the object is protected', async () => {
    responding(500);
    const client = application.get(CustomerClient);
    const viaThis = async function (this: CustomerClient) {
      return this.findById('c-1');
    }.bind(client);

    await expect(viaThis()).rejects.toBeInstanceOf(CustomerFailedError);
    expect(breaker().metrics.failedCalls).toBe(2);
  });
});
