import { randomInt } from 'node:crypto';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startSystem } from '@breakwater/system-runner/testing';
import { Timeline } from './disruptions.ts';
import { writeHistory } from './history.ts';
import { ledgerOptions, runLedger } from './run-ledger.ts';

// The ledger test for as long as you like: npm run ledger -w @breakwater/system-e2e -- --minutes 30 --seed 1 --history history.jsonl
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string' }, history: { type: 'string' } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? randomInt(1_000_000));
if (!(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write('--minutes is a number above 0, and --seed a whole number.\n');
  process.exit(2);
}

const timeline = new Timeline();
const startedAt = performance.now();
const system = await startSystem(ledgerOptions);
try {
  const { clients, disruptions, violations, judgement } = await runLedger(system, timeline, seed, {
    disruptedSeconds: 4,
    pauseSeconds: 2,
    totalSeconds: minutes * 60,
  });
  if (values.history !== undefined) writeHistory(values.history, clients.history.operations);
  const { requests, failures, history } = clients;
  const count = (kind: string, code?: number) =>
    history.operations.filter((each) => each.kind === kind && (code === undefined || each.code === code)).length;
  const result = {
    date: new Date().toISOString().slice(0, 10),
    seed,
    minutes: Math.round((performance.now() - startedAt) / 6_000) / 10,
    processors: cpus().length,
    disruptions,
    openings: requests.length,
    openedAsPending: count('open', 202),
    failedAttempts: Object.fromEntries(failures),
    reads: count('read') + count('history'),
    closings: {
      done: count('close', 200),
      refused: count('close', 409) + count('close', 412),
      unknown: count('close') - count('close', 200) - count('close', 409) - count('close', 412),
    },
    violationsInTheLedger: violations.length,
    judgedAccounts: judgement?.accounts ?? 0,
    judgedOperations: judgement?.operations ?? 0,
    accountsWithoutAnOrder: judgement?.violations.length ?? null,
  };
  process.stdout.write(`${timeline.toString()}\n${JSON.stringify(result, undefined, 2)}\n`);
  const isClean = violations.length === 0 && judgement?.violations.length === 0;
  if (!isClean) process.stdout.write(`${JSON.stringify([violations, judgement?.violations], undefined, 2)}\n`);
  process.exitCode = isClean ? 0 : 1;
} catch (error) {
  process.stdout.write(`${timeline.toString()}\n`);
  throw error;
} finally {
  await system.end();
}
