import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalSystem, ownEnvironment } from '@breakwater/system-runner';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { register } from './command-register.ts';
import { pagePaths, readPage, workspaceRoot } from './documents.ts';
import { missingOf, runInShell } from './run-command.ts';
import { commandsOfBlock, isShell } from './shell-commands.ts';

/** A command of a block, and what has to be done before it in the same shell. */
interface Case {
  readonly page: string;
  readonly command: string;
  readonly script: string;
  readonly says: string;
  readonly isEndless: boolean;
}

const cases: Case[] = pagePaths.flatMap((page) =>
  readPage(page)
    .fences.filter(isShell)
    .flatMap((block) => casesOf(page, commandsOfBlock(block), preparationsOf(page))),
);

function casesOf(page: string, commands: readonly string[], preparations: readonly string[]): Case[] {
  return commands.flatMap((command) => {
    const how = register[command];
    if (how === undefined || !('verbatim' in how) || how.verbatim !== 'on a system') return [];
    const script = [...preparations, command].join('\n');
    return [{ page, command, script, says: how.says, isEndless: how.isEndless ?? false }];
  });
}

/** A page says once where things are, and goes on from there. */
function preparationsOf(page: string): readonly string[] {
  return readPage(page)
    .fences.filter(isShell)
    .flatMap((block) => commandsOfBlock(block))
    .filter((command) => {
      const how = register[command];
      return how !== undefined && 'verbatim' in how && how.verbatim === 'as a preparation';
    });
}

async function openAccount(gatewayUrl: string): Promise<void> {
  const answer = await fetch(`${gatewayUrl}/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
  });
  await answer.body?.cancel();
}

const missing = missingOf(['curl', 'jq']);
// Reporters keep the reasons for what is skipped to themselves.
if (missing.length > 0) process.stderr.write(`Commands on a system: NOT CHECKED, there is no ${missing.join(', ')}\n`);

describe.runIf(missing.length === 0)('on a running system, as it stands in the documentation', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'docs-check-'));
  let system: LocalSystem;

  beforeAll(async () => {
    system = await LocalSystem.prepare({
      name: 'docs-check',
      customers: 1,
      accounts: 1,
      env: { customer: { CUSTOMER_LATENCY: '0ms' } },
    });
    await system.start();
    // Pages say where the demo, compose and a port that is forwarded are; here curl goes to the same by another port.
    const { host: gateway } = new URL(system.gatewayUrl);
    const [account = '', customer = ''] = [system.accountUrls[0], system.customerUrls[0]].map(
      (url) => new URL(url ?? '').host,
    );
    const ways = [
      ['localhost:8080', gateway],
      ['account:3000', account],
      ['customer:3001', customer],
      ['localhost:3001', customer],
    ];
    writeFileSync(path.join(home, '.curlrc'), ways.map(([from, to]) => `connect-to = "${from}:${to}"\n`).join(''));
  });

  afterAll(async () => {
    await system?.stop();
    system?.removeFiles();
    rmSync(home, { recursive: true, force: true });
  });

  beforeEach(async () => {
    const ask = async (url: string, token: string, method: string, body?: object): Promise<void> => {
      const headers = { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) };
      const answer = await fetch(url, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
      if (!answer.ok) throw new Error(`${method} ${url} was answered ${answer.status}`);
      await answer.body?.cancel();
    };
    for (const url of system.customerUrls) await ask(`${url}/faults`, system.faultsToken, 'DELETE');
    for (const url of system.accountUrls) {
      await ask(`${url}/actuator/circuitbreakers/customer`, system.actuatorToken, 'POST', { updateState: 'CLOSE' });
    }
  });

  it.each(cases)('$page: $command', async ({ script, says, isEndless }) => {
    // Something has to happen for whoever listens to what happens.
    const client = setInterval(() => void openAccount(system.gatewayUrl), 500);
    const { exitCode, said } = await runInShell(script, {
      cwd: workspaceRoot,
      timeLimitMs: 30_000,
      env: ownEnvironment({ CURL_HOME: home, FAULTS_TOKEN: system.faultsToken, ACTUATOR_TOKEN: system.actuatorToken }),
      ...(isEndless ? { until: says } : {}),
    });
    clearInterval(client);

    expect({ exitCode, said }).toEqual({ exitCode: isEndless ? null : 0, said: expect.stringContaining(says) });
  });
});
