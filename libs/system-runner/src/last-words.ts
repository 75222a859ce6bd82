import { readFileSync } from 'node:fs';

/** Longer than this, a line of a log no longer fits into a message of one line. */
const longest = 300;

/**
 * The line of a log that most likely says why a process ended, ready to be appended to a sentence: `: "…"`, or nothing
 * when the log has nothing to say.
 */
export function quoteLastWords(logFile: string): string {
  let text: string;
  try {
    text = readFileSync(logFile, 'utf8');
  } catch {
    return '';
  }
  const words = lastWords(text);
  return words === undefined ? '' : `: "${words.length > longest ? `${words.slice(0, longest)}…` : words}"`;
}

/**
 * The last error of a log in JSON lines, else the line that names an uncaught error, else the last line if it is plain
 * text. What a service said while all was well is no explanation.
 */
export function lastWords(log: string): string | undefined {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const entries = lines.map(readEntry);
  const error = entries.findLast((entry) => entry?.isError);
  if (error !== undefined) return error.message;
  const uncaught = lines.findLast((line) => /^(?:Uncaught )?\w*Error\b.*: /.test(line));
  if (uncaught !== undefined) return uncaught.trim();
  return entries.at(-1) === undefined ? lines.at(-1)?.trim() : undefined;
}

/** An entry as pino writes it: a level from 50 is an error. */
function readEntry(line: string): { isError: boolean; message: string } | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: { level?: unknown; msg?: unknown; err?: { message?: unknown } } = JSON.parse(line);
    const isError = Number(entry.level) >= 50 || entry.level === 'error' || entry.level === 'fatal';
    const message = isError && typeof entry.err?.message === 'string' ? entry.err.message : entry.msg;
    return typeof message === 'string' ? { isError, message: message.split('\n', 1)[0] ?? message } : undefined;
  } catch {
    return undefined;
  }
}
