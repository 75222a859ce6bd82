import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endProtection } from './orphan-protection.ts';
import { ownEnvironment } from './owned-process.ts';
import { choosePorts, loopback } from './ports.ts';
import { Service } from './service.ts';
import { urlOf } from './services.ts';
import { SystemFailure } from './system-failure.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-service-'));
const never = new AbortController().signal;

afterAll(async () => {
  await endProtection();
  rmSync(directory, { recursive: true });
});

async function start(script: string): Promise<Service> {
  const { gateway: port } = await choosePorts(0);
  return new Service({
    name: 'example-1',
    command: process.execPath,
    args: ['-e', script],
    env: ownEnvironment({ PORT: String(port) }),
    logFile: path.join(directory, `${port}.log`),
    readyUrl: `${urlOf(port)}/health/ready`,
  });
}

const server = (answers: string): string =>
  `let asked = 0; const answers = ${answers};
   require('http').createServer((_, response) => { response.statusCode = answers[asked++]; response.end(); })
     .listen(+process.env.PORT, '${loopback}')`;

describe('a service', () => {
  it('is waited for until it says that it is ready', async () => {
    const service = await start(server('[503, 503, 200]'));

    await expect(service.ready(never)).resolves.toBeUndefined();
    await service.stop();
  });

  it('is not waited for once it has ended', async () => {
    const service = await start('console.error("Error: no configuration"); process.exit(7)');

    const failure = await service.ready(never).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(SystemFailure);
    expect(failure).toMatchObject({
      message: 'example-1 did not start: exit code 7: "Error: no configuration"',
      logFile: service.logFile,
    });
  });

  it('is not waited for any longer when there is a reason not to', async () => {
    const service = await start(server('new Array(1e6).fill(503)'));
    const stop = new AbortController();
    const waiting = service.ready(stop.signal);

    stop.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
    await service.stop();
  });
});
