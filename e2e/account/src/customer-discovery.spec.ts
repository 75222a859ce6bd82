import { migrateAccount } from '@breakwater/account/testing';
import { EndpointPool } from '@breakwater/resilience';
import { createTestDatabase, resolvingWith, StandInDns, startProcess } from '@breakwater/system-runner/testing';
import { getServers, setServers } from 'node:dns';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from './services.ts';
import { StandInCustomer } from './stand-in-customer.ts';

/** Of this test alone: a system resolver asks port 53. */
const nameserver = '127.53.20.22';
const resolver = resolvingWith(nameserver);

if (resolver === undefined)
  process.stderr.write(
    'NOT CHECKED: replicas of customer in DNS, because only root can replace the system resolver.\n',
  );

describe.runIf(resolver)('account, with replicas of customer that it finds by DNS', () => {
  it('follows the records of the name, and keeps the last ones while DNS does not respond', async () => {
    onTestFinished(() => resolver?.remove());
    const dns = await StandInDns.start(nameserver, 53);
    onTestFinished(() => dns.stop());
    const one = await StandInCustomer.start();
    const port = Number(new URL(one.url).port);
    const other = await StandInCustomer.start({ port, host: '127.0.0.2' });
    onTestFinished(async () => void (await Promise.all([one.stop(), other.stop()])));
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    await migrateAccount(database.url);
    dns.addresses.set('customer.test', ['127.0.0.1']);
    const account = startProcess(
      new URL('../../../apps/account/dist/main.js', import.meta.url),
      {
        PATH: process.env['PATH'] ?? '',
        DATABASE_URL: database.url,
        CUSTOMER_URL: `http://customer.test:${port}`,
        RECONCILIATION_INTERVAL: '1h',
        CLIENT_RATE_LIMIT: '0',
        RESILIENCE4J_ENDPOINTPOOL_INSTANCES_CUSTOMER_RESOLVEINTERVAL: '50ms',
      },
      resolver?.prefix,
    );
    onTestFinished(async () => {
      account.kill('SIGKILL');
      await account.ended;
    });
    const url = await account.listening;
    /** Opens accounts, and returns how many calls each replica of customer has received meanwhile. */
    const callsOf = async (count: number) => {
      one.requests.length = 0;
      other.requests.length = 0;
      for (let n = 0; n < count; n += 1) {
        const response = await fetch(`${url}/accounts`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ customerId: `c-${n}`, currency: 'EUR' }),
        });
        const body = (await response.json()) as { readonly verifiedBy?: string };
        expect([response.status, body.verifiedBy]).toEqual([201, 'CUSTOMER']);
      }
      return [one.requests.length, other.requests.length] as const;
    };

    const knownAddresses = async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const found = metrics.matchAll(/^breakwater_endpoint_pool_endpoint_state\{.*?(127\.0\.0\.\d)/gm);
      return [...new Set(Array.from(found, ([, address = '']) => address))].toSorted();
    };

    expect(await callsOf(4)).toEqual([4, 0]);

    dns.addresses.set('customer.test', ['127.0.0.1', '127.0.0.2']);
    await eventually(async () => expect(await knownAddresses()).toEqual(['127.0.0.1', '127.0.0.2']));
    await eventually(async () => expect((await callsOf(4))[1]).toBeGreaterThan(0));

    dns.addresses.set('customer.test', ['127.0.0.2']);
    // All of a few calls can go to one of two endpoints by chance.
    await eventually(async () => expect(await knownAddresses()).toEqual(['127.0.0.2']));
    expect(await callsOf(4)).toEqual([0, 4]);

    dns.isSilent = true;
    // Longer than a query waits, so that one has failed.
    const until = performance.now() + 2_500;
    while (performance.now() < until) expect(await callsOf(4)).toEqual([0, 4]);
  });
});

describe('an endpoint pool with an SRV record', () => {
  it('follows the record, and keeps the last servers when there is none', async () => {
    const dns = await StandInDns.start();
    onTestFinished(() => dns.stop());
    const serversBefore = getServers();
    setServers([dns.address]);
    onTestFinished(() => setServers(serversBefore));
    const service = '_http._tcp.customer.test';
    const server = (name: string, priority = 1) => ({ name: `${name}.customer.test`, port: 3_000, priority });
    dns.servers.set(service, [server('a'), server('b'), server('spare', 2)]);
    const pool = new EndpointPool('customer', {
      dnsUrl: `http://${service}`,
      dnsRecordType: 'SRV',
      resolveInterval: '20ms',
    });
    onTestFinished(() => pool.dispose());
    const urls = () => pool.endpoints.map(({ url }) => url).toSorted();

    await eventually(() => expect(urls()).toEqual(['http://a.customer.test:3000', 'http://b.customer.test:3000']));

    dns.servers.set(service, [server('c')]);
    await eventually(() => expect(urls()).toEqual(['http://c.customer.test:3000']));

    dns.servers.delete(service);
    await eventually(() => expect(pool.metrics.isResolutionFailing).toBe(true));
    expect(urls()).toEqual(['http://c.customer.test:3000']);
  });
});
