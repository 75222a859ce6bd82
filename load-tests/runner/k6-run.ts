import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { loopback, childEnvironment } from '@breakwater/system-runner';
import type { LoadPlan } from '../scenarios/k6/load-plan.ts';
import type { ClientRequest } from './run-record.ts';
import type { K6Program } from './k6-program.ts';

const script = path.resolve(import.meta.dirname, '../scenarios/k6/open-accounts.ts');
/** k6's exit code for its own thresholds, which the runner judges itself. */
const thresholdsCrossed = 99;

/** A running k6. */
export interface K6Run {
  readonly pid: number | undefined;
  /** The start of the load by `Date.now()`. */
  readonly beganAt: number;
  /** Resolves when all requests have a response or timed out. */
  finish(): Promise<{ readonly requests: readonly ClientRequest[]; readonly dropped: number }>;
  /** Kills it. */
  kill(): void;
}

/** Starts k6 and waits until its load starts. @throws Error when it ends first */
export async function startK6(k6: K6Program, target: string, plan: LoadPlan, directory: string): Promise<K6Run> {
  const files = {
    record: path.join(directory, 'requests.jsonl'),
    summary: path.join(directory, 'summary.json'),
    log: path.join(directory, 'k6.log'),
  };
  const begin = await listenForBegin();
  const variables = {
    TARGET: target,
    LOAD_PLAN: JSON.stringify(plan),
    BEGIN_URL: begin.url,
    RECORD: 'yes',
    SUMMARY: files.summary,
    K6_NO_USAGE_REPORT: 'true',
  };
  const log = openSync(files.log, 'a');
  const child = spawn(
    k6.command,
    [
      ...k6.prefix([path.dirname(script), directory], Object.keys(variables)),
      'run',
      '--quiet',
      '--log-format=raw',
      `--console-output=${files.record}`,
      script,
    ],
    { env: childEnvironment(variables), stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = exitOf(child).finally(() => process.off('exit', kill));
  const failure = (why: string) => new Error(`k6 ${why}: ${readFileSync(files.log, 'utf8').slice(-2_000)}`);
  try {
    const beganAt = await Promise.race([
      begin.came,
      exited.then((code) => Promise.reject(failure(`ended with ${code}`))),
    ]);
    return {
      pid: child.pid,
      beganAt,
      kill,
      finish: async () => {
        const code = await exited;
        if (code !== 0 && code !== thresholdsCrossed) throw failure(`ended with ${code}`);
        const { dropped }: { dropped: number } = JSON.parse(readFileSync(files.summary, 'utf8'));
        return { requests: parseRequests(readFileSync(files.record, 'utf8'), beganAt), dropped };
      },
    };
  } finally {
    begin.close();
  }
}

async function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
}

/** k6 first prepares its clients, which takes a while, and then sends a request to this server. */
async function listenForBegin(): Promise<{ url: string; came: Promise<number>; close: () => void }> {
  const server = createServer();
  const came = new Promise<number>((resolve) => {
    server.on('request', (request, response) => {
      request.resume();
      response.end();
      resolve(Date.now());
    });
  });
  server.listen(0, loopback);
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return { url: `http://${loopback}:${address.port}`, came, close: () => server.close() };
}

/** Reads the record of k6, one request per line. */
export function parseRequests(text: string, beganAt: number): ClientRequest[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{"key"'))
    .map((line): ClientRequest => {
      const {
        key,
        customerId,
        beganAt: at,
        durationMs,
        status,
        account,
      }: {
        key: string;
        customerId: string;
        beganAt: number;
        durationMs: number;
        status: number;
        account?: { id?: string; verifiedBy?: string | null };
      } = JSON.parse(line);
      return {
        key,
        customerId,
        atMs: at - beganAt,
        durationMs,
        status,
        ...(account?.id === undefined ? {} : { accountId: account.id }),
        ...(account?.verifiedBy ? { verifiedBy: account.verifiedBy } : {}),
      };
    })
    .toSorted((a, b) => a.atMs - b.atMs);
}
