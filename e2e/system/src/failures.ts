import { setTimeout as delay } from 'node:timers/promises';
import type { Faults } from '@breakwater/contracts';
import type { LocalSystem } from '@breakwater/system-runner';

const seconds = (count: number): Promise<void> => delay(count * 1_000);

/** Records what happened when, for the output of a failed test. */
export class Timeline {
  readonly #startedAt = performance.now();
  readonly #entries: string[] = [];

  note(event: string): void {
    const elapsed = (performance.now() - this.#startedAt) / 1_000;
    this.#entries.push(`${elapsed.toFixed(1).padStart(6)} s  ${event}`);
  }

  toString(): string {
    return this.#entries.join('\n');
  }
}

/** Lets every part of the system fail, one after the other, and recover. Takes about 40 s. */
export async function failEverything(system: LocalSystem, timeline: Timeline): Promise<void> {
  const [account1, account2] = system.accounts;
  const [customer1] = system.customers;
  const { database } = system;
  if (!account1 || !account2 || !customer1) throw new Error('two accounts and a customer are needed');

  async function withFaults(event: string, faults: Faults, duration: number): Promise<void> {
    timeline.note(event);
    await system.setCustomerFaults(faults);
    await seconds(duration);
  }

  await withFaults('no faults', {}, 3);
  await withFaults('customer is slow', { latency: '1500ms' }, 5);
  await withFaults('customer hangs', { hang: { rate: 1 } }, 5);
  await withFaults('half of the calls to customer fail', { errors: [{ status: 503, rate: 0.5 }] }, 5);
  await withFaults('customer has recovered', {}, 2);

  timeline.note('account-1 is killed');
  await account1.kill();
  await seconds(2);
  await account1.restart();
  timeline.note('account-1 is ready');
  await seconds(2);

  timeline.note('PostgreSQL crashes');
  await database.stop();
  await seconds(3);
  await database.start();
  timeline.note('PostgreSQL is ready');
  await seconds(2);

  timeline.note('customer-1 is killed');
  await customer1.kill();
  await seconds(2);
  await customer1.restart();
  timeline.note('customer-1 is ready');

  timeline.note('PostgreSQL crashes again');
  await database.stop();
  await seconds(2);
  const starting = database.start();
  timeline.note('account-2 is killed while PostgreSQL starts');
  await account2.kill();
  await starting;
  await account2.restart();
  timeline.note('account-2 and PostgreSQL are ready');

  await withFaults('no faults', {}, 3);
}
