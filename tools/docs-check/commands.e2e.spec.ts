import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalSystem, childEnvironment } from '@breakwater/system-runner';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readSource, workspaceRoot } from '../workspace.ts';
import { endlessOnSystem, inProject, onSystem, preparations } from './command-register.ts';
import { commandsIn, readPages } from './pages.ts';
import { missingOf, runInShell } from './run-command.ts';

const pages = await readPages();

describe('a command of the documentation, run in the project', () => {
  const commands = [...new Set(pages.flatMap(commandsIn))].filter((command) => command in inProject);

  it.each(commands)('prints what the register expects: %s', async (command) => {
    const { prints, generates = [], exits = 0 } = inProject[command] ?? { prints: '' };
    const before = generates.map(readSource);

    const { exitCode, output } = await runInShell(command, {
      cwd: workspaceRoot,
      timeLimitMs: 240_000,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    });

    expect({ exitCode, output }).toEqual({ exitCode: exits, output: expect.stringContaining(prints) });
    expect(generates.map(readSource), `${generates.join(', ')}: committed as it is generated`).toEqual(before);
  });
});

const missing = missingOf(['curl', 'jq']);
// Vitest's reporters do not print the reason for a skipped test.
if (missing.length > 0)
  process.stderr.write(`Commands on a system: NOT CHECKED, missing programs: ${missing.join(', ')}\n`);

describe.runIf(missing.length === 0)('a command of the documentation, run on a system', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'docs-check-'));
  let system: LocalSystem;
  const cases = pages.flatMap(({ file, shellCommands }) => {
    const preparation = shellCommands.filter((command) => preparations.includes(command));
    return shellCommands.flatMap((command) => {
      const prints = onSystem[command] ?? endlessOnSystem[command];
      const script = [...preparation, command].join('\n');
      return prints === undefined ? [] : [{ file, command, script, prints, isEndless: command in endlessOnSystem }];
    });
  });

  beforeAll(async () => {
    system = await LocalSystem.prepare({
      name: 'docs-check',
      customers: 1,
      accounts: 1,
      env: { customer: { CUSTOMER_LATENCY: '0ms' } },
    });
    await system.start();
    // The addresses of the pages (demo, compose, forwarded ports) lead to the system of this test.
    const hostOf = (url = ''): string => new URL(url).host;
    const redirects = [
      ['localhost:8080', hostOf(system.gatewayUrl)],
      ['account:3000', hostOf(system.accountUrls[0])],
      ['customer:3001', hostOf(system.customerUrls[0])],
      ['localhost:3001', hostOf(system.customerUrls[0])],
    ];
    writeFileSync(path.join(home, '.curlrc'), redirects.map(([from, to]) => `connect-to = "${from}:${to}"\n`).join(''));
  });

  afterAll(async () => {
    await system?.end();
    rmSync(home, { recursive: true, force: true });
  });

  async function send(url: string, token: string, method: string, body?: object): Promise<void> {
    const headers = { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) };
    const response = await fetch(url, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`${method} ${url} returned ${response.status}`);
  }

  beforeEach(async () => {
    for (const url of system.customerUrls) await send(`${url}/faults`, system.faultsToken, 'DELETE');
    for (const url of system.accountUrls) {
      const breaker = `${url}/actuator/circuitbreakers/customer`;
      await send(breaker, system.actuatorToken, 'POST', { updateState: 'CLOSE' });
    }
  });

  it.each(cases)('prints what the register expects: $file: $command', async ({ script, prints, isEndless }) => {
    // Streams print only while accounts are opened.
    const account = { customerId: 'c-1001', currency: 'EUR' };
    const client = setInterval(
      () => void send(`${system.gatewayUrl}/accounts`, '', 'POST', account).catch(() => {}),
      500,
    );
    const { exitCode, output } = await runInShell(script, {
      cwd: workspaceRoot,
      timeLimitMs: 30_000,
      env: childEnvironment({
        CURL_HOME: home,
        FAULTS_TOKEN: system.faultsToken,
        ACTUATOR_TOKEN: system.actuatorToken,
        ENDPOINT: new URL(system.customerUrls[0] ?? '').host,
      }),
      ...(isEndless ? { until: prints } : {}),
    });
    clearInterval(client);

    expect({ exitCode, output }).toEqual({ exitCode: isEndless ? null : 0, output: expect.stringContaining(prints) });
  });
});
