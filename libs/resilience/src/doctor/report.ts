import type { Finding } from './diagnose.ts';
import { explain } from './explain.ts';
import { count } from './figures.ts';
import { severities, type Severity } from './finding.ts';
import type { Instance } from './instance.ts';
import { type Look, type Paint, plain } from './paint.ts';

const width = 100;

const marks: Readonly<Record<Severity, { readonly mark: string; readonly look: Look }>> = {
  error: { mark: '✖', look: 'red' },
  warning: { mark: '▲', look: 'yellow' },
  info: { mark: 'ℹ', look: 'cyan' },
};

/** Instances and findings as people read them: each instance in words, then what is the matter with it. */
export function findingsAsText(
  instances: readonly Instance[],
  findings: readonly Finding[],
  paint: Paint = plain,
): string {
  const parts = instances.map((instance) => {
    const own = findings.filter((finding) => finding.instance === instance.name);
    const lines =
      own.length === 0 ? [`  ${paint('green', '✔')} nothing to say`] : own.flatMap((one) => linesOf(one, paint));
    return [paint('bold', instance.name), ...wrapped(explain(instance), '  '), '', ...lines, ''].join('\n');
  });
  return [...parts, totals(instances, findings)].join('\n');
}

/** Findings as programs read them. */
export function findingsAsJson(findings: readonly Finding[], others: Readonly<Record<string, unknown>> = {}): string {
  const plainFindings = findings.map(({ instance, code, severity, message }) => ({
    instance,
    code,
    severity,
    message,
  }));
  return JSON.stringify({ findings: plainFindings, ...others }, undefined, 2);
}

function linesOf({ code, severity, message }: Finding, paint: Paint): readonly string[] {
  const { mark, look } = marks[severity];
  return [`  ${paint(look, `${mark} ${severity}`)} ${paint('bold', code)}`, ...wrapped(message, '    ')];
}

function totals(instances: readonly Instance[], findings: readonly Finding[]): string {
  const words: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };
  const counts = severities.map((severity) =>
    count(findings.filter((finding) => finding.severity === severity).length, words[severity]),
  );
  return `${count(instances.length, 'instance')}: ${counts.join(', ')}.`;
}

/** Where a line may break: not between a number and its unit. */
const breakable = / (?!(?:%|s|ms|ns)(?![a-z]))/;

/** Breaks lines at spaces. A word that is longer than a line stays whole. */
export function wrapped(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(breakable)) {
    const isFirst = line === indent;
    if (!isFirst && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line += isFirst ? word : ` ${word}`;
    }
  }
  return [...lines, line];
}
