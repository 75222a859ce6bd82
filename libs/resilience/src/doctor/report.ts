import { severities, type Severity } from './checks/check.ts';
import { explain } from './explain.ts';
import { count } from './figures.ts';
import type { Instance } from './instance.ts';

/** A text style of the report; each is a format of `util.styleText`. */
export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan';

/** Applies a style, or returns the text unchanged where styles are not shown. */
export type Paint = (style: Style, text: string) => string;

/** No styles: for files, pipes and tests. */
export const plain: Paint = (_style, text) => text;

/** A finding of any kind: about a configuration, or about storms. */
export interface AnyFinding {
  readonly instance: string;
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
}

const width = 100;

const marks: Readonly<Record<Severity, { readonly mark: string; readonly style: Style; readonly noun: string }>> = {
  error: { mark: '✖', style: 'red', noun: 'error' },
  warning: { mark: '▲', style: 'yellow', noun: 'warning' },
  info: { mark: 'ℹ', style: 'cyan', noun: 'note' },
};

/** Instances and findings as text: each instance is explained, followed by its findings. */
export function findingsAsText(
  instances: readonly Instance[],
  findings: readonly AnyFinding[],
  paint: Paint = plain,
): string {
  const parts = instances.map((instance) => {
    const own = findings.filter((finding) => finding.instance === instance.name);
    const lines =
      own.length === 0 ? [`  ${paint('green', '✔')} no findings`] : own.flatMap((finding) => linesOf(finding, paint));
    return [paint('bold', instance.name), ...wrapped(explain(instance), '  '), '', ...lines, ''].join('\n');
  });
  return [...parts, totals(instances, findings)].join('\n');
}

/** Findings as JSON. */
export function findingsAsJson(
  findings: readonly AnyFinding[],
  others: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({ findings, ...others }, undefined, 2);
}

function linesOf({ code, severity, message }: AnyFinding, paint: Paint): readonly string[] {
  const { mark, style } = marks[severity];
  return [`  ${paint(style, `${mark} ${severity}`)} ${paint('bold', code)}`, ...wrapped(message, '    ')];
}

function totals(instances: readonly Instance[], findings: readonly AnyFinding[]): string {
  const counts = severities.map((severity) =>
    count(findings.filter((finding) => finding.severity === severity).length, marks[severity].noun),
  );
  return `${count(instances.length, 'instance')}: ${counts.join(', ')}.`;
}

/** Spaces at which a line may break: not between a number and its unit. */
const breakable = / (?!(?:%|s|ms|ns)(?![a-z]))/;

/** Breaks text into lines at spaces. A word that is longer than a line stays whole. */
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
