import { migrateAccount } from '@breakwater/account/testing';
import { createTestDatabase, startProcess } from '@breakwater/system-runner/testing';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, tolerant } from './services.ts';
import { StandInCustomer } from './stand-in-customer.ts';

const customerId = 'c-1001';
const head = { 'content-type': 'application/json' };

/** As fast as the connection takes it. */
function flood(response: ServerResponse, status: number): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const write = () => {
    while (response.write(chunk));
    response.once('drain', write);
  };
  response.writeHead(status, head);
  write();
}

function trickle(response: ServerResponse, status: number): void {
  response.writeHead(status, head);
  const timer = setInterval(() => response.write(' '), 500);
  response.once('close', () => clearInterval(timer));
}

// punkpeye/fastmcp#330, async-http-client#1450
describe('a response without end', () => {
  it.each([
    [200, 'fast', flood],
    [302, 'fast', flood],
    [404, 'fast', flood],
    [500, 'fast', flood],
    [200, 'slowly', trickle],
    [404, 'slowly', trickle],
    [500, 'slowly', trickle],
  ])('with status %i that arrives %s costs account neither memory, processor time nor connections', async (...row) => {
    const [status, , send] = row;
    const [customer, database] = [await StandInCustomer.start(), await createTestDatabase()];
    await migrateAccount(database.url);
    const service = startProcess(new URL('../../../apps/account/dist/main.js', import.meta.url), {
      ...tolerant,
      RECONCILIATION_INTERVAL: '1h',
      DATABASE_URL: database.url,
      CUSTOMER_URL: customer.url,
      RESILIENCE4J_TIMELIMITER_INSTANCES_CUSTOMER_TIMEOUTDURATION: '1s',
    });
    onTestFinished(async () => {
      service.kill('SIGKILL');
      await service.ended;
      await customer.stop();
      await database.drop();
    });
    const url = await service.listening;
    const openAccount = async (): Promise<number> => {
      const body = JSON.stringify({ customerId, currency: 'EUR' });
      const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      return (await fetch(`${url}/accounts`, request)).status;
    };
    const metric = async (name: string): Promise<number> => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    };
    await openAccount();
    const memoryBefore = await metric('process_resident_memory_bytes');

    customer.respondAs((response) => send(response, status));
    const statuses = await Promise.all(Array.from({ length: 8 }, openAccount));
    const memoryAfter = await metric('process_resident_memory_bytes');

    // The sockets of all calls are closed: two attempts for each request at most.
    await eventually(() => expect(customer.responses.every(({ destroyed }) => destroyed)).toBe(true));
    const processorBefore = await metric('process_cpu_seconds_total');
    const observedAt = performance.now();
    await eventually(() => expect(performance.now() - observedAt).toBeGreaterThan(1_000), 200);
    const processorShare = (await metric('process_cpu_seconds_total')) - processorBefore;
    customer.recover();

    // LAST_GOOD: customer has confirmed this customer before.
    expect(statuses).toEqual(Array.from({ length: 8 }, () => 201));
    expect(memoryAfter - memoryBefore).toBeLessThan(150 * 1024 * 1024);
    // Memory that was collected in the meantime shows here: the buffers of the operating system hold some megabytes.
    const sent = customer.requests.map(({ socket }) => socket.bytesWritten);
    expect(Math.max(...sent)).toBeLessThan(16 * 1024 * 1024);
    expect(processorShare).toBeLessThan(0.5);
    expect(await openAccount()).toBe(201);
  });
});
