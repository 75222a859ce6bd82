import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { childEnvironment, describeExit, listen, type ProcessExit, SupervisedProcess } from '@breakwater/system-runner';
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
  const program = new SupervisedProcess({
    name: 'k6',
    command: k6.command,
    args: [
      ...k6.prefix([path.dirname(script), directory], Object.keys(variables)),
      'run',
      '--quiet',
      '--log-format=raw',
      `--console-output=${files.record}`,
      script,
    ],
    env: childEnvironment(variables),
    logFile: path.join(directory, 'k6.log'),
  });
  const failure = (exit: ProcessExit) =>
    new Error(`k6 ended: ${describeExit(exit)}: ${readFileSync(program.logFile, 'utf8').slice(-2_000)}`);
  try {
    const beganAt = await Promise.race([begin.came, program.exited.then((exit) => Promise.reject(failure(exit)))]);
    return {
      pid: program.pid,
      beganAt,
      kill: () => program.kill(),
      finish: async () => {
        const exit = await program.exited;
        if (exit.code !== 0 && exit.code !== thresholdsCrossed) throw failure(exit);
        const { dropped }: { dropped: number } = JSON.parse(readFileSync(files.summary, 'utf8'));
        return { requests: parseRequests(readFileSync(files.record, 'utf8'), beganAt), dropped };
      },
    };
  } finally {
    begin.close();
  }
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
  return { url: await listen(server), came, close: () => server.close() };
}

/** A request as k6 records it. */
interface RecordedRequest extends Pick<ClientRequest, 'key' | 'customerId' | 'durationMs' | 'status'> {
  readonly beganAt: number;
  readonly account?: { readonly id?: string; readonly verifiedBy?: string | null };
}

/** Reads the record of k6, one request per line. */
export function parseRequests(text: string, beganAt: number): ClientRequest[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{"key"'))
    .map((line): ClientRequest => {
      const { beganAt: at, account, ...request }: RecordedRequest = JSON.parse(line);
      return {
        ...request,
        atMs: at - beganAt,
        ...(account?.id === undefined ? {} : { accountId: account.id }),
        ...(account?.verifiedBy ? { verifiedBy: account.verifiedBy } : {}),
      };
    })
    .toSorted((a, b) => a.atMs - b.atMs);
}
