import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { nginxVersion, findProgram } from '@breakwater/system-runner';
import { auditLedger, countPending, customerExists, readLedger } from '@breakwater/system-runner/ledger';
import * as prettier from 'prettier';
import { differences, disturbedBy, disturbedNames, faultNames, faultOf } from './cells.ts';
import { FaultySystem, type Observed } from './faulty-system.ts';

const page = fileURLToPath(new URL('../../../../docs/network-faults.md', import.meta.url));

/** `201, 422`: the statuses of openings; a response without one is named. */
function summary({ known, fresh, unknown, read, slowestMs }: Observed): string {
  const statusesOf = (results: readonly string[]) => [
    ...new Set(results.map((result) => result.replace(/^(\d+) .*/, '$1'))),
  ];
  const openings = statusesOf([...known, ...fresh, ...unknown].toSorted()).join(', ');
  return `${openings}; ${statusesOf(read).join(', ')}; ${(slowestMs / 1_000).toFixed(1)} s`;
}

const faulty = await FaultySystem.start();
const rows: string[][] = [];
const unexpected: string[] = [];
try {
  for (const fault of faultNames) {
    const row = [fault as string];
    for (const connection of disturbedNames) {
      const cell = { connection, fault };
      const observed = await faulty.observe(disturbedBy(cell), faultOf(cell));
      const found = differences(cell, observed);
      unexpected.push(...found.map((difference) => `${connection}, ${fault}: ${difference}`));
      row.push(summary(observed));
      process.stdout.write(`${connection}, ${fault}: ${summary(observed)} ${found.join('; ')}\n`);
    }
    rows.push(row);
  }
  const { url } = faulty.system.database;
  while ((await countPending(url)) > 0) await delay(500);
  const violations = auditLedger(faulty.requests, await readLedger(url), customerExists);
  unexpected.push(...violations.map(({ message }) => message));
} finally {
  await faulty.stop();
}

const table = [['Fault', ...disturbedNames], ['---', ...disturbedNames.map(() => '---')], ...rows]
  .map((cells) => `| ${cells.join(' | ')} |`)
  .join('\n');
const text = `# Faults of the network

A proxy on each connection of a system of two account and two customer services disturbs it, for each kind of connection and each
fault. This page is the result of \`npm run network-matrix -w @breakwater/system-e2e\`, which takes about a quarter of an hour and
fails on any response that [the expectations](../e2e/system/src/network/cells.ts) do not allow. Eight of the combinations are part
of \`npm test\` ([network-faults](../e2e/system/src/network/network-faults.spec.ts)).

Each cell has the statuses of seven requests that open an account under a key, the statuses of three that read one, and the time of
the slowest response. An account is opened for a customer of whom account has a stale value (\`201\`), for a new one (\`201\`, or
\`202\` where customer cannot be asked) and for one who does not exist (\`422\`, or \`202\`). After each fault the requests without a
final response were repeated under their keys; in the end the ledger had exactly one account for each success.

${table}

Measured on ${new Date().toISOString().slice(0, 10)} with nginx ${nginxVersion(findProgram('nginx') ?? '')} on ${cpus().length} processors that
others used, too. ${disturbedNames.length * faultNames.length} combinations, ${faulty.requests.length} requests with a key, ${unexpected.length} unexpected responses.

- **Latency** of 100 ms in each direction is within every time limit.
- **Accept only**: connections are accepted, and nothing is passed on. **Half-open**: the server has lost the open connections and
  the client does not know, so each of them costs one request its time limit; new ones work.
- **Slow**: 40 bytes a second. Reads are those of the server, writes its responses.
- **Limits**: the circuit breaker of customer was kept closed, so that each request met the fault. A partition loses bytes of
  connections, but the proxy still accepts new ones. Faults lasted only as long as the requests.
`;
const options = await prettier.resolveConfig(page);
writeFileSync(page, await prettier.format(text, { ...options, printWidth: 100, proseWrap: 'always', filepath: page }));
process.stdout.write(`${unexpected.length} unexpected\n${unexpected.join('\n')}\n`);
process.exitCode = unexpected.length === 0 ? 0 : 1;
