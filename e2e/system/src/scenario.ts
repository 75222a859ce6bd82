import { setTimeout as delay } from 'node:timers/promises';
import type { LocalSystem } from '@breakwater/system-runner';
import { type CustomerFaults, putFaults } from './customer-faults.ts';
import type { Timeline } from './timeline.ts';

const seconds = (count: number): Promise<void> => delay(count * 1_000);

/**
 * Everything that can go wrong with the system does, one thing after the other; at the end all is well again. It takes
 * about 50 s.
 */
export async function failEverything(system: LocalSystem, timeline: Timeline): Promise<void> {
  const [account1, account2] = system.accounts;
  const [customer1] = system.customers;
  const { database } = system;
  if (!account1 || !account2 || !customer1) throw new Error('the scenario needs two accounts and a customer');

  async function during(what: string, faults: CustomerFaults, count: number): Promise<void> {
    timeline.note(what);
    await putFaults(system, faults);
    await seconds(count);
  }

  await during('all is well', {}, 5);
  await during('customer is slow', { latency: '1500ms' }, 5);
  await during('customer hangs', { hang: { rate: 1 } }, 5);
  await during('customer fails half of the time', { errors: [{ status: 503, rate: 0.5 }] }, 5);
  await during('customer is well', {}, 2);

  timeline.note('account-1 is killed');
  await account1.kill();
  await seconds(2);
  await account1.restart();
  timeline.note('account-1 is back');
  await seconds(2);

  timeline.note('PostgreSQL crashes');
  await database.stop();
  await seconds(3);
  await database.start();
  timeline.note('PostgreSQL is back');
  await seconds(2);

  timeline.note('customer-1 is killed');
  await customer1.kill();
  await seconds(2);
  await customer1.restart();
  timeline.note('customer-1 is back');

  timeline.note('PostgreSQL crashes again');
  await database.stop();
  await seconds(2);
  const returning = database.start();
  timeline.note('account-2 is killed while PostgreSQL comes back');
  await account2.kill();
  await returning;
  await account2.restart();
  timeline.note('account-2 and PostgreSQL are back');

  await during('all is well again', {}, 5);
}
