import type { Findings } from './findings.ts';
import { findGroup, type Group } from './layer.ts';
import { optionNames, type PatternFormat } from './pattern-format.ts';
import { pipelinesSection } from './pipelines.ts';
import type { Environment } from './placeholders.ts';
import type { Property } from './property.ts';
import { findRelaxed, nearestRelaxed, relaxed } from './relaxed-name.ts';

const prefix = 'RESILIENCE4J_';

/** The names that files and code define. */
export interface KnownNames {
  /** Of a pattern. */
  of(section: string, group: Group): readonly string[];
  readonly pipelines: readonly string[];
}

/**
 * The properties that environment variables set, in Spring's relaxed form:
 * `RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE`, where the name and the option may have underscores
 * of their own.
 */
export function variableProperties(
  env: Environment,
  formats: readonly PatternFormat[],
  knownNames: KnownNames,
  findings: Findings,
): readonly Property[] {
  return Object.entries(env).flatMap(([variable, value]) => {
    if (value === undefined || !variable.toUpperCase().startsWith(prefix)) return [];
    const path = pathOf(variable, formats, knownNames, findings);
    return path === undefined ? [] : [{ path, value, origin: () => variable }];
  });
}

function pathOf(
  variable: string,
  formats: readonly PatternFormat[],
  knownNames: KnownNames,
  findings: Findings,
): readonly string[] | undefined {
  const words = variable.slice(prefix.length).split('_');
  const [first = '', ...others] = words;
  if (relaxed(first) === pipelinesSection && others.length > 0) {
    const name = others.join('_');
    return [first, findRelaxed(name, knownNames.pipelines) ?? name.toLowerCase()];
  }
  const groupAt = words.findIndex((word) => findGroup(word) !== undefined);
  const [groupKey = '', ...rest] = words.slice(Math.max(groupAt, 0));
  const section = words.slice(0, groupAt).join('');
  const format = formats.find((candidate) => relaxed(candidate.section) === relaxed(section));
  const group = findGroup(groupKey);
  if (format === undefined || group === undefined) return words;

  const names = knownNames.of(format.section, group);
  const found = nameAndOption(rest, names, [...optionNames(format), ...format.meaninglessOptions]);
  if (found === undefined) reportOption(variable, rest, names, format, findings);
  return found && [section, groupKey, ...found];
}

/** Where the name ends and the option begins is told by the names that are known, else by the options. */
function nameAndOption(
  words: readonly string[],
  names: readonly string[],
  options: readonly string[],
): readonly [string, string] | undefined {
  const splits = words.slice(1).map((_, at) => ({
    name: words.slice(0, at + 1).join('_'),
    option: words.slice(at + 1).join('_'),
  }));
  const understood = splits.filter(({ option }) => findRelaxed(option, options) !== undefined);
  const best = understood.findLast(({ name }) => findRelaxed(name, names) !== undefined) ?? understood[0];
  return best && [findRelaxed(best.name, names) ?? best.name.toLowerCase(), best.option];
}

function reportOption(
  variable: string,
  words: readonly string[],
  names: readonly string[],
  format: PatternFormat,
  findings: Findings,
): void {
  const isName = (end: number) => findRelaxed(words.slice(0, end).join(''), names) !== undefined;
  const nameEnd = words.findLastIndex((_, at) => isName(at + 1)) + 1 || 1;
  const option = words.slice(nameEnd).join('_');
  const nearest = nearestRelaxed(option, optionNames(format));
  const stem = variable.slice(0, variable.length - option.length);
  const allowed =
    nearest === undefined
      ? `one of ${optionNames(format).join(', ')} at the end`
      : `${stem}${nearest.toUpperCase()}, if that is what you meant`;
  findings.fault(variable, option === '' ? 'without an option' : 'not known', allowed);
}
