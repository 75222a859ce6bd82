import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { tokensIn } from '@breakwater/contracts/console-tokens';
import { freePort, listen } from '@breakwater/system-runner';
import { DemoProcess } from './testing/demo-process.ts';

/**
 * Fast enough for a test, slow enough for a busy machine: the overhead of a call of 2 s grows with the time scale, and
 * five such calls must fit into 10 s.
 */
const timeScale = 3;

let demoProcess: DemoProcess | undefined;

afterEach(() => demoProcess?.cleanUp());

function start(args: readonly string[], env?: Readonly<Record<string, string>>): DemoProcess {
  demoProcess = new DemoProcess(args, env);
  return demoProcess;
}

/** Neither processes nor files of the demo are left. */
function expectNothingLeft(demo: DemoProcess): void {
  expect(demo.survivors).toEqual([]);
  expect(demo.leftFiles).toEqual([]);
}

interface Call {
  n: number;
  outcome: string;
  durationMs: number;
  state: string;
  failureRate: number;
  slowCallRate: number;
}

interface Document {
  experiments: {
    name: string;
    config: Record<string, unknown>;
    calls: Call[];
    openedAfterCall: number | null;
    notPermitted: number;
    finalState: string;
  }[];
  recovery: Record<string, unknown> & { calls: Call[] };
  timeScale: number;
}

function expectResults(document: Document): void {
  expect(
    document.experiments.map(({ name, calls, openedAfterCall, notPermitted, finalState }) => [
      name,
      calls.length,
      openedAfterCall,
      notPermitted,
      finalState,
    ]),
  ).toEqual([
    ['count-slow', 20, 10, 10, 'OPEN'],
    ['count-failures-only', 20, null, 0, 'CLOSED'],
    ['count-minimum-above-window', 20, 10, 10, 'OPEN'],
    ['time-minimum-5', 20, 5, 15, 'OPEN'],
    ['time-minimum-6', 20, null, 0, 'CLOSED'],
  ]);
  expect(document.recovery).toMatchObject({
    breaker: 'count-slow',
    healed: true,
    transitions: ['OPEN->HALF_OPEN', 'HALF_OPEN->CLOSED'],
    finalState: 'CLOSED',
    recovered: true,
  });
  expect(document.timeScale).toBe(timeScale);
}

function expectReportedCalls({ experiments: [countSlow, , , , timeMinimum6] }: Document): void {
  const calls = countSlow?.calls ?? [];
  expect(calls.map(({ n }) => n)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(calls.map(({ outcome }) => outcome)).toEqual([
    ...Array.from({ length: 10 }, () => 'slow'),
    ...Array.from({ length: 10 }, () => 'not-permitted'),
  ]);
  // Two seconds on the system's clock, independent of the time scale; refused calls take no time.
  expect(Math.min(...calls.slice(0, 10).map(({ durationMs }) => durationMs))).toBeGreaterThanOrEqual(2_000);
  expect(Math.max(...calls.slice(10).map(({ durationMs }) => durationMs))).toBeLessThan(1_000);
  expect(calls[9]).toMatchObject({ state: 'OPEN', failureRate: 0, slowCallRate: 100 });
  expect(timeMinimum6?.calls.every(({ slowCallRate }) => slowCallRate === -1)).toBe(true);
}

describe('npm run demo -- --once', () => {
  it('has the expected results and cleans up', async () => {
    const demo = start(['--once', '--json', '--port', '0', '--time-scale', String(timeScale), '--gateway', 'node']);

    expect(await demo.ended()).toBe(0);

    const document: Document = JSON.parse(demo.stdout);
    expectResults(document);
    expectReportedCalls(document);
    expect(demo.errorLines).toEqual([]);
    expectNothingLeft(demo);
  });
});

describe('npm run demo', () => {
  it('shows the results in 80 columns, and the address of the console before them and as the last line', async () => {
    const demo = start(['--port', '0', '--time-scale', String(timeScale)]);

    await demo.printed('this address has the tokens');

    const address = demo.stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(demo.stdout).toContain('All five experiments and the recovery had the expected result.');
    expect(tokensIn(new URL(address).hash)).toEqual({ faults: expect.any(String), actuator: expect.any(String) });
    expect((await fetch(address)).status).toBe(200);
    expect(demo.stderr.indexOf(address)).toBeGreaterThan(demo.stderr.indexOf('balances on'));
    expect(demo.stderr.indexOf(address)).toBeLessThan(demo.stderr.indexOf('count-slow'));
    const lines = `${demo.stdout}\n${demo.stderr}`.split('\n');
    expect(lines.filter((line) => line.length > 80 && line !== address)).toEqual([]);

    demo.signal('SIGINT');
    expect(await demo.ended()).toBe(0);
    expectNothingLeft(demo);
  });
});

describe('npm run demo that cannot start', () => {
  it('reports the port that is in use', async () => {
    const port = await freePort();
    const base = Math.min(port, 60_000);
    const server = createServer();
    await listen(server, base + 12);

    const demo = start(['--once', '--json', '--port', String(base)]);
    const exitCode = await demo.ended();
    server.close();

    expect(exitCode).toBe(1);
    expect(demo.stdout).toBe('');
    expect(demo.stderr).toBe(
      `✖ Port ${base + 12}, meant for customer-2, is already in use. ` +
        'Stop the program that uses it, or choose other ports with --port N (0 picks free ones).\n',
    );
    expectNothingLeft(demo);
  });

  it('reports a folder for temporary files that cannot be used', async () => {
    const demo = start(['--once'], { TMPDIR: '/no/such/folder' });

    expect(await demo.ended()).toBe(1);
    expect(demo.stderr).toBe(
      '✖ Files cannot be created in /no/such/folder, the folder for temporary files: ENOENT. ' +
        'Set TMPDIR to a folder in which this user may create files.\n',
    );
  });

  it('reports every fault of the policies before it starts a service', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'demo-policies-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'resilience.yml');
    writeFileSync(
      file,
      'resilience4j.circuitbreaker.instances.customer: { slidingWindowSize: -1, failureRateTreshold: 50 }',
    );

    const demo = start(['--once', '--port', '0'], { RESILIENCE_CONFIG: file });

    expect(await demo.ended()).toBe(1);
    expect(demo.stderr).toContain('slidingWindowSize is -1');
    expect(demo.stderr).toContain('failureRateTreshold is not known; allowed: failureRateThreshold');
    expect(demo.stderr).not.toContain('ready on ports');
    expectNothingLeft(demo);
  });

  it('reports a database that cannot be reached, without its password', async () => {
    const port = await freePort();

    const demo = start(['--once', '--port', '0'], { DATABASE_URL: `postgres://me:secret@127.0.0.1:${port}/test` });

    expect(await demo.ended()).toBe(1);
    expect(demo.errorLines).toHaveLength(1);
    expect(demo.errorLines[0]).toMatch(/ECONNREFUSED.*DATABASE_URL/);
    expect(demo.stderr).not.toContain('secret');
    expectNothingLeft(demo);
  });

  it('reports an unknown option', async () => {
    const demo = start(['--quickly']);

    expect(await demo.ended()).toBe(2);
    expect(demo.stderr).toBe("✖ Unknown option '--quickly'. See npm run demo -- --help\n");
  });
});

describe('a running demo', () => {
  const running = 'balances on';

  it('cleans up on SIGINT', async () => {
    const demo = start(['--port', '0', '--time-scale', String(timeScale)]);
    await demo.printed(running);

    demo.signal('SIGINT');

    expect(await demo.ended()).toBe(130);
    expect(demo.started).toBeGreaterThan(6);
    expect(demo.errorLines).toEqual([]);
    expectNothingLeft(demo);
  });

  it('cleans up on SIGTERM during start-up', async () => {
    const demo = start(['--port', '0', '--time-scale', String(timeScale)]);
    await demo.printed('Services compiled');

    demo.signal('SIGTERM');

    expect(await demo.ended()).toBe(143);
    expectNothingLeft(demo);
  });

  it('ends with one line when a service dies, with --once', async () => {
    const demo = start(['--once', '--port', '0', '--time-scale', String(timeScale), '--gateway', 'node']);
    await demo.printed(running);

    process.kill(demo.find('apps/customer/dist/lab/main.js').pid, 'SIGKILL');

    expect(await demo.ended()).toBe(1);
    expect(demo.errorLines).toHaveLength(1);
    expect(demo.errorLines[0]).toMatch(/^✖ customer-[12] died: killed by SIGKILL/);
    expect(demo.survivors).toEqual([]);
  });

  it('says that a service has died, and starts it again', async () => {
    const demo = start(['--port', '0', '--time-scale', String(timeScale)]);
    await demo.printed(running);
    const name = 'apps/account/dist/lab/main.js';
    const { pid } = demo.find(name);

    process.kill(pid, 'SIGKILL');

    await demo.printed('is ready again');
    expect(demo.stderr).toMatch(/^! account-[12] ended: killed by SIGKILL. It is started again.$/m);
    expect(demo.stderr).toMatch(/^! account-[12] is ready again.$/m);
    const replicas = demo.survivors.filter((commandLine) => commandLine.includes(name));
    expect(replicas).toHaveLength(2);
    demo.signal('SIGTERM');
    await demo.ended();
    expect(demo.survivors).toEqual([]);
  });

  it.runIf(process.platform === 'linux').each(['SIGTERM', 'SIGKILL'] as const)(
    'leaves no frozen replica behind after %s',
    async (signal) => {
      const demo = start(['--port', '0', '--time-scale', String(timeScale)]);
      await demo.printed('#faults=');
      const address = new URL(/^http\S+#\S+$/m.exec(demo.stderr)?.[0] ?? '');
      const headers = { authorization: `Bearer ${tokensIn(address.hash).faults}` };
      for (const name of ['account-1', 'customer-2']) {
        const freeze = new URL(`api/processes/${name}/freeze`, address);
        expect((await fetch(freeze, { method: 'POST', headers })).status).toBe(200);
      }
      expect(demo.frozen).toHaveLength(2);

      demo.signal(signal);

      await demo.ended();
      await expect.poll(() => demo.survivors, { timeout: 20_000 }).toEqual([]);
    },
  );

  it('leaves no process behind when it is killed', async () => {
    const demo = start(['--port', '0', '--time-scale', String(timeScale)]);
    await demo.printed(running);

    demo.signal('SIGKILL');

    expect(await demo.ended()).toBe('SIGKILL');
    await expect.poll(() => demo.survivors, { timeout: 20_000 }).toEqual([]);
  });
});
