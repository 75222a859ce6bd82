import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { freePort, loopback, urlOf } from './ports.ts';
import { ReplicaRestarts } from './replica-restarts.ts';
import { countOf, describeReady, ServiceReplica } from './service-replica.ts';
import { childEnvironment, respondsAt } from './supervised-process.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-replica-'));
const started: ServiceReplica[] = [];
/** Replicas that ended unexpectedly. */
const unexpected: string[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((replica) => replica.stop()));
  unexpected.splice(0);
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** A replica that responds with its process id and ends on SIGTERM. */
async function startReplica(): Promise<ServiceReplica> {
  const port = await freePort();
  const script = `process.on('SIGTERM', () => process.exit(0));
    require('http').createServer((_, response) => response.end(String(process.pid)))
      .listen(+process.env.PORT, '${loopback}')`;
  const spec = {
    name: 'example-1',
    command: process.execPath,
    args: ['-e', script],
    env: childEnvironment({ PORT: String(port) }),
    logFile: path.join(directory, `${port}.log`),
    probe: respondsAt(urlOf(port)),
  };
  const replica = new ServiceReplica(spec, port, ({ name }, { signal }) => unexpected.push(`${name} ${signal}`));
  started.push(replica);
  await replica.ready();
  return replica;
}

/** The state of its process; `T` is stopped. Linux only. */
const stateOf = ({ pid }: ServiceReplica): string | undefined =>
  /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

const responseOf = async ({ url }: ServiceReplica): Promise<string> => (await fetch(url)).text();

describe('ServiceReplica', () => {
  it('has a new process at the same address after a restart', async () => {
    const replica = await startReplica();
    const before = replica.pid;
    expect(await responseOf(replica)).toBe(String(before));

    expect(await replica.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(replica.pid).toBeUndefined();
    await expect(fetch(replica.url)).rejects.toThrow('fetch failed');

    await replica.restart();
    expect(replica.pid).not.toBe(before);
    expect(await responseOf(replica)).toBe(String(replica.pid));
    expect(unexpected).toEqual([]);
  });

  it('is started again after a crash, also while it is frozen', async () => {
    const replica = await startReplica();
    const before = replica.pid;
    replica.freeze();

    replica.crash();
    await expect.poll(() => unexpected).toEqual(['example-1 SIGKILL']);
    expect(replica.state).toBe('starting');
    const reports: string[] = [];
    const signal = new AbortController().signal;
    await new ReplicaRestarts({ report: (message) => reports.push(message), signal }).restart(replica, 'a crash');

    expect(reports).toEqual(['example-1 ended: a crash. It is started again.', 'example-1 is ready again.']);
    expect(replica.state).toBe('running');
    expect(replica.pid).not.toBe(before);
    expect(await responseOf(replica)).toBe(String(replica.pid));
  });

  it('ends gracefully when it is terminated', async () => {
    const replica = await startReplica();

    expect(await replica.terminate()).toEqual({ code: 0, signal: null });
    expect(unexpected).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('is stopped while it is frozen, and continues afterwards', async () => {
    const replica = await startReplica();
    replica.freeze();
    await expect.poll(() => stateOf(replica)).toBe('T');
    expect(replica.state).toBe('frozen');

    replica.thaw();

    expect(replica.state).toBe('running');
    expect(await responseOf(replica)).toBe(String(replica.pid));
    expect(unexpected).toEqual([]);
  });

  it('ends gracefully when it is terminated while it is frozen', async () => {
    const replica = await startReplica();
    replica.freeze();

    expect(await replica.terminate()).toEqual({ code: 0, signal: null });
  });

  it('ends its process before it starts a new one', async () => {
    const replica = await startReplica();
    const before = replica.pid;

    await replica.restart();

    expect(await responseOf(replica)).toBe(String(replica.pid));
    expect(replica.pid).not.toBe(before);
  });

  it('reports an unexpected exit', async () => {
    const replica = await startReplica();
    await replica.restart();

    process.kill(replica.pid!, 'SIGKILL');

    await expect.poll(() => unexpected).toEqual(['example-1 SIGKILL']);
  });

  it('cannot restart after it was stopped', async () => {
    const replica = await startReplica();
    await replica.stop();

    await expect(replica.restart()).rejects.toThrow('the system is being stopped');
  });
});

const replica = (name: string, port: number): { name: string; url: string } => ({
  name,
  url: `http://127.0.0.1:${port}`,
});

describe('the start-up messages', () => {
  it.each([
    [1, 'one account service'],
    [2, 'two account services'],
    [12, '12 account services'],
  ])('write the number %i as a word', (count, words) => {
    expect(countOf(count, 'account')).toBe(words);
  });

  it('list replicas with their ports', () => {
    const [one, two, three] = [replica('a-1', 8081), replica('a-2', 8082), replica('a-3', 8083)];

    expect(describeReady([one])).toBe('a-1 is ready on port 8081');
    expect(describeReady([one, two])).toBe('a-1 and a-2 are ready on ports 8081 and 8082');
    expect(describeReady([one, two, three])).toBe('a-1, a-2, and a-3 are ready on ports 8081, 8082, and 8083');
  });
});
