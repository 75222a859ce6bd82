import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { endProtection } from './orphan-protection.ts';
import { ownEnvironment } from './owned-process.ts';
import { choosePorts, loopback } from './ports.ts';
import { ServiceReplica } from './service-replica.ts';
import { urlOf } from './services.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-replica-'));
const started: ServiceReplica[] = [];
/** How replicas ended that nobody asked to. */
const unexpected: string[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((replica) => replica.stop()));
  unexpected.splice(0);
});

afterAll(async () => {
  await endProtection();
  rmSync(directory, { recursive: true });
});

/** A replica that answers with its process id and ends when it is asked to. */
async function startReplica(): Promise<ServiceReplica> {
  const { gateway: port } = await choosePorts(0);
  const script = `process.on('SIGTERM', () => process.exit(0));
    require('http').createServer((_, response) => response.end(String(process.pid)))
      .listen(+process.env.PORT, '${loopback}')`;
  const spec = {
    name: 'example-1',
    command: process.execPath,
    args: ['-e', script],
    env: ownEnvironment({ PORT: String(port) }),
    logFile: path.join(directory, `${port}.log`),
    readyUrl: urlOf(port),
  };
  const replica = new ServiceReplica(spec, port, ({ name }, { signal }) => unexpected.push(`${name} ${signal}`));
  started.push(replica);
  await replica.ready();
  return replica;
}

const answerOf = async ({ url }: ServiceReplica): Promise<string> => (await fetch(url)).text();

describe('a replica', () => {
  it('is another process at the same address after it was killed and started again', async () => {
    const replica = await startReplica();
    const before = replica.pid;
    expect(await answerOf(replica)).toBe(String(before));

    expect(await replica.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(replica.pid).toBeUndefined();
    await expect(fetch(replica.url)).rejects.toThrow('fetch failed');

    await replica.restart();
    expect(replica.pid).not.toBe(before);
    expect(await answerOf(replica)).toBe(String(replica.pid));
    expect(unexpected).toEqual([]);
  });

  it('may end in its own way when it is terminated', async () => {
    const replica = await startReplica();

    expect(await replica.terminate()).toEqual({ code: 0, signal: null });
    expect(unexpected).toEqual([]);
  });

  it('ends its process before it starts another', async () => {
    const replica = await startReplica();
    const before = replica.pid;

    await replica.restart();

    expect(await answerOf(replica)).toBe(String(replica.pid));
    expect(replica.pid).not.toBe(before);
  });

  it('tells when it ends and nobody asked it to', async () => {
    const replica = await startReplica();
    await replica.restart();

    process.kill(replica.pid!, 'SIGKILL');

    await expect.poll(() => unexpected).toEqual(['example-1 SIGKILL']);
  });

  it('cannot be started again once it was stopped for good', async () => {
    const replica = await startReplica();
    await replica.stop();

    await expect(replica.restart()).rejects.toThrow('the system is being stopped');
  });
});
