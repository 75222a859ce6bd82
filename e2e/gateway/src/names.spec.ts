import { StandInDns } from '@breakwater/system-runner/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { composeValues, hasNginx, nginxIsAtLeast } from './nginx.ts';
import { Replica } from './replica.ts';
import { RunningGateway } from './running-gateway.ts';

const resolvesNames = nginxIsAtLeast(1, 27, 3);

if (hasNginx && !resolvesNames)
  process.stderr.write('NOT CHECKED: nginx with one name for all replicas, which nginx resolves from 1.27.3 on.\n');

describe.runIf(resolvesNames)('nginx with one name for all replicas, as in compose', () => {
  it('follows DNS, and tries all replicas while every one counts as failed', { timeout: 120_000 }, async () => {
    const dns = await StandInDns.start();
    const one = await Replica.respondingWith({ from: 'one' });
    const startOther = () => Replica.respondingWith({ from: 'other' }, {}, { port: one.port, host: '127.0.0.2' });
    let other = await startOther();
    dns.addresses.set('account', ['127.0.0.1']);
    const accounts = composeValues['GATEWAY_ACCOUNTS']?.replaceAll(/:\d+/g, `:${one.port}`) ?? '';
    const { url, stop } = await startNginx({
      GATEWAY_ACCOUNTS: accounts,
      GATEWAY_RESOLVER: `resolver ${dns.address} valid=1s ipv6=off;`,
    });
    onTestFinished(async () => {
      await stop();
      await Promise.all([one.stop(), other.stop(), dns.stop()]);
    });
    const from = async () => {
      const response = await fetch(`${url}/accounts`);
      return response.status === 200 ? ((await response.json()) as { from: string }).from : String(response.status);
    };
    const fourFrom = async () => new Set([await from(), await from(), await from(), await from()]);
    const within = { timeout: 30_000, interval: 100 };

    await vi.waitFor(async () => expect(await fourFrom()).toEqual(new Set(['one'])), within);
    dns.addresses.set('account', ['127.0.0.1', '127.0.0.2']);
    await vi.waitFor(async () => expect(await fourFrom()).toEqual(new Set(['one', 'other'])), within);
    dns.addresses.set('account', ['127.0.0.2']);
    await vi.waitFor(async () => expect(await fourFrom()).toEqual(new Set(['other'])), within);

    await other.stop();
    expect(await fourFrom()).toEqual(new Set(['502']));
    // Sooner than after the 5 s for which it counts as failed.
    other = await startOther();
    expect(await fourFrom()).toEqual(new Set(['other']));
  });
});

async function startNginx(values: Readonly<Record<string, string>>) {
  const gateway = await RunningGateway.start('nginx', [1], values);
  return { url: gateway.url, stop: () => gateway.stop() };
}
