import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '../workspace.ts';
import { table } from '../reference/markdown.ts';

/** What became of the mutants of a file. */
export interface Score {
  /** When it was measured, such as `2026-11-30`. */
  readonly date: string;
  readonly mutants: number;
  readonly killed: number;
  readonly timedOut: number;
}

/** Scores by file, relative to the workspace root. */
export type Scores = Readonly<Record<string, Score>>;

/** A change of the code that no test of behaviour can notice. */
export interface Survivor {
  readonly file: string;
  /** The text of the code that is changed. */
  readonly code: string;
  /** What it becomes. */
  readonly change: string;
  readonly why: string;
}

const scoresFile = path.join(workspaceRoot, 'tools/mutation/scores.json');
const survivorsFile = path.join(workspaceRoot, 'tools/mutation/survivors.json');

export const readScores = (): Scores => JSON.parse(readFileSync(scoresFile, 'utf8')) as Scores;

export const readSurvivors = (): readonly Survivor[] =>
  JSON.parse(readFileSync(survivorsFile, 'utf8')) as readonly Survivor[];

/** Replaces the scores of files, and keeps those of others. */
export function writeScores(measured: Scores): void {
  const all = Object.entries({ ...readScores(), ...measured }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(scoresFile, `${JSON.stringify(Object.fromEntries(all), undefined, 2)}\n`);
}

/** The sum of scores, with the date of the oldest. */
export function sumOf(scores: readonly Score[]): Score {
  const sum = (part: 'mutants' | 'killed' | 'timedOut') => scores.reduce((total, score) => total + score[part], 0);
  const date = scores.map((score) => score.date).toSorted()[0] ?? 'never';
  return { date, mutants: sum('mutants'), killed: sum('killed'), timedOut: sum('timedOut') };
}

/** The share of mutants that were killed or timed out, in percent, of all mutants, covered or not. */
export function percentOf({ mutants, killed, timedOut }: Score): number {
  return mutants === 0 ? 100 : ((killed + timedOut) / mutants) * 100;
}

/** A row for each folder, and one for all. */
export function scoresTable(scores: Scores, survivors: readonly Survivor[]): string {
  const folderOf = (file: string): string => path.posix.dirname(file);
  const rows = [...Map.groupBy(Object.entries(scores), ([file]) => folderOf(file))].map(([folder, files]) => {
    const lowest = files.toSorted(([, a], [, b]) => percentOf(a) - percentOf(b))[0]!;
    const explained = survivors.filter(({ file }) => folderOf(file) === folder).length;
    return row(`\`${folder}\``, sumOf(files.map(([, score]) => score)), explained, lowest);
  });
  const head = [
    'folder',
    'measured',
    'mutants',
    'killed',
    'timed out',
    'not noticed',
    'explained',
    'score',
    'lowest file',
  ];
  return table(head, [...rows, row('all', sumOf(Object.values(scores)), survivors.length)]);
}

function row(
  name: string,
  score: Score,
  explained: number,
  lowest?: readonly [file: string, score: Score],
): readonly string[] {
  const { date, mutants, killed, timedOut } = score;
  return [
    name,
    date,
    ...[mutants, killed, timedOut, mutants - killed - timedOut, explained].map((count) => count.toLocaleString('en')),
    `${percentOf(score).toFixed(1)} %`,
    lowest === undefined ? '' : `\`${path.posix.basename(lowest[0])}\` ${percentOf(lowest[1]).toFixed(1)} %`,
  ];
}
