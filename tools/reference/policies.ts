import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  durationForms,
  durationText,
  type OptionKind,
  type OptionRule,
  policies,
  type PolicyTable,
} from '@breakwater/resilience';
import { type SectionFormat, sectionFormats } from '@breakwater/resilience/config';
import { type Docstring, docstringOf, docstringsIn } from './docstrings.ts';
import { workspaceRoot } from '../workspace.ts';
import { code, plainText } from './markdown.ts';

/** An option of a policy, as the code describes it. */
export interface ReferencedOption {
  readonly name: string;
  readonly rule: OptionRule<unknown>;
  /** Its docstring. */
  readonly meaning: string;
  /** Whether only configuration files and the environment have it; code has another option instead. */
  readonly isOnlyInFiles: boolean;
  /** Whether Resilience4j has the policy, but not the option. */
  readonly isBeyondResilience4j: boolean;
}

/** A policy, as the code describes it. */
export interface ReferencedPolicy {
  /** The type of its options in code. */
  readonly optionsType: string;
  readonly summary: string;
  readonly format: SectionFormat;
  readonly options: readonly ReferencedOption[];
}

const beyondResilience4j = 'RecoveryOptions';
const onlyInFiles = ['HealthOptions', 'BackoffProperties', 'MaxWaitProperties'];

/** All policies with all of their options. An option without a docstring has an empty meaning. */
export function referencedPolicies(policyTable: PolicyTable = policies): readonly ReferencedPolicy[] {
  const docstrings = docstringsOfOptions();
  return sectionFormats(policyTable).map((format) => {
    const optionsType = `${format.label}Options`;
    const owners = [optionsType, 'EventOptions', beyondResilience4j, ...onlyInFiles];
    const options = Object.entries(format.rules).map(([name, rule]): ReferencedOption => {
      const ofName = docstrings.filter((docstring) => docstring.name === name);
      const owner = owners.find((type) => ofName.some((docstring) => docstring.owner === type)) ?? '';
      const meaning = ofName.find((docstring) => docstring.owner === owner)?.text ?? '';
      const isBeyondResilience4j = owner === beyondResilience4j;
      return { name, rule, meaning, isOnlyInFiles: onlyInFiles.includes(owner), isBeyondResilience4j };
    });
    return { optionsType, summary: docstringOf(optionsType, docstrings) ?? '', format, options };
  });
}

function docstringsOfOptions(): readonly Docstring[] {
  const folder = join(workspaceRoot, 'libs/resilience/src');
  const files = globSync(['core/*/*.options.ts', 'core/options.ts', 'config/{backoff,section-format}.ts'], {
    cwd: folder,
  });
  return files.flatMap((file) => docstringsIn(file, readFileSync(join(folder, file), 'utf8')));
}

/** How files and variables write values that code gives as classes or functions. */
const inFiles: Partial<Record<OptionKind, string>> = {
  errorClasses: 'in a file names from `errorTypes`',
  errorPredicate: 'in a file a name from `predicates`',
  resultPredicate: 'in a file a name from `predicates`',
  function: 'only in code',
};

/** Words in quotes and objects, which are shown as code. */
const literals = /'[A-Z_]+'|\{[^}]*\}/g;
/** The words of a choice. */
const choices = /(?<=^one of |, )[\w-]+/g;

/** The section of a policy: where it is configured, and every key. */
export function policySection({ summary, format, optionsType, options }: ReferencedPolicy): string {
  const { title, section, aliases, meaninglessOptions, meaninglessKeys } = format;
  const aliasList = Object.entries(aliases).map(([alias, name]) => `${code(alias)} for ${code(name)}`);
  const withoutEffect = [
    meaninglessOptions.length > 0 && `the options ${list(meaninglessOptions)}`,
    meaninglessKeys.length > 0 && `next to ${code('instances')} the keys ${list(meaninglessKeys)}`,
  ].filter((names) => names !== false);
  const notes = [
    aliasList.length > 0 && `Spring's other names also work: ${aliasList.join(', ')}.`,
    withoutEffect.length > 0 &&
      `In files of Resilience4j these have no effect here and cause a warning: ${withoutEffect.join('; ')}.`,
  ].filter((note) => note !== false);
  return [
    `### ${title}`,
    `${summary} In files below ${code(`resilience4j.${section}`)}, in code ${code(optionsType)}, in the environment
${code(`${variablePrefix(section)}<NAME>_<KEY>`)}.`,
    options.map(optionItem).join('\n'),
    ...notes,
  ].join('\n\n');
}

const list = (names: readonly string[]): string => names.map(code).join(', ');

/** The beginning of the variables for the instances of a policy. */
export function variablePrefix(section: string): string {
  return `RESILIENCE4J_${section.toUpperCase()}_INSTANCES_`;
}

function optionItem({ name, rule, meaning, isOnlyInFiles, isBeyondResilience4j }: ReferencedOption): string {
  const remarks = [accepted(rule), inFiles[rule.kind], isOnlyInFiles ? 'only in files' : undefined, defaultOf(rule)];
  const beyond = isBeyondResilience4j ? ' Beyond Resilience4j.' : '';
  return `- ${code(name)} (${remarks.filter((remark) => remark !== undefined).join('; ')}): ${meaning}${beyond}`;
}

function accepted({ allowed, kind }: OptionRule<unknown>): string {
  // The forms of a duration are described once, above the sections.
  const range = allowed.replace(` (${durationForms})`, '');
  return range.replaceAll(kind === 'choice' ? choices : literals, (word) => code(word));
}

/** The default as a file would contain it. */
function defaultOf({ kind, defaultValue }: OptionRule<unknown>): string | undefined {
  if (defaultValue === undefined || (Array.isArray(defaultValue) && defaultValue.length === 0)) return undefined;
  return `default ${code(kind === 'duration' ? durationText(Number(defaultValue), 'h') : plainText(defaultValue))}`;
}
