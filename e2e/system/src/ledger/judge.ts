import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '@breakwater/system-runner';
import { type Operation, writeHistory } from './history.ts';

/** The verdict of the checker on a history. */
export interface Judgement {
  readonly accounts: number;
  readonly operations: number;
  /** The accounts whose operations have no order that explains the responses. `Unknown`: it took longer than a minute. */
  readonly violations: readonly {
    readonly account: string;
    readonly result: 'Illegal' | 'Unknown';
    readonly operations: readonly Operation[];
  }[];
}

const sources = fileURLToPath(new URL('../../linearizability/', import.meta.url));
const checker = path.join(sources, '../../../node_modules/.cache/breakwater/linearizability');

/** Builds Porcupine with the model of an account. @returns why it cannot be built; undefined when it has been */
function build(): string | undefined {
  const go = findProgram('go');
  if (go === undefined) return 'Go is not installed';
  mkdirSync(path.dirname(checker), { recursive: true });
  const { status, stderr } = spawnSync(go, ['build', '-mod=readonly', '-o', checker, '.'], {
    cwd: sources,
    env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' },
    encoding: 'utf8',
    timeout: 240_000,
  });
  return status === 0 ? undefined : `Go did not build it: ${stderr.trim().split('\n').at(-1)}`;
}

/** Why no history can be judged here; undefined when it can. */
export const missingChecker = build();

if (missingChecker !== undefined) {
  process.stderr.write(`NOT CHECKED: whether histories are linearizable, because ${missingChecker}.\n`);
}

/** Judges a history with Porcupine. @throws Error when it cannot be read */
export function judge(operations: readonly Operation[]): Judgement {
  const folder = mkdtempSync(path.join(tmpdir(), 'breakwater-history-'));
  try {
    const file = path.join(folder, 'history.jsonl');
    writeHistory(file, operations);
    const { status, stdout, stderr } = spawnSync(checker, [file], { encoding: 'utf8', maxBuffer: 1e9 });
    if (status !== 0 && status !== 1) throw new Error(`the checker failed: ${stderr}`);
    return JSON.parse(stdout) as Judgement;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
