import { plainText } from '../../libs/resilience/src/config/words.ts';
import { durationForms } from '../../libs/resilience/src/core/duration.ts';
import type { OptionKind } from '../../libs/resilience/src/core/options.ts';
import { durationText } from './duration-text.ts';
import { code, table } from './markdown.ts';
import type { ReferencedOption, ReferencedPolicy } from './policies.ts';

/** What files and variables write for what code gives as a class or a function; `undefined` where they cannot. */
const inFiles: Partial<Record<OptionKind, string | undefined>> = {
  errorClasses: 'in a file names from `errorTypes`',
  errorPredicate: 'in a file a name from `predicates`',
  resultPredicate: 'in a file a name from `predicates`',
  function: 'in code alone',
};

/** What is to be written as it stands: words in quotes, and objects. */
const literals = /'[A-Z_]+'|\{[^}]*\}/g;
/** The words of a choice. */
const choices = /(?<=^one of |, )[\w-]+/g;

/** The section of a policy: where it is written, and every key. */
export function policySection({ title, summary, format, optionsType, options }: ReferencedPolicy): string {
  const { section, aliases, meaninglessOptions, meaninglessKeys } = format;
  const rows = options.map((option) => [keys(option), takes(option), defaultOf(option), meaning(option)]);
  const notes = [
    Object.keys(aliases).length > 0 &&
      `Spring's other names are understood: ${Object.entries(aliases)
        .map(([alias, name]) => `${code(alias)} for ${code(name)}`)
        .join(', ')}.`,
    meaninglessOptions.length > 0 &&
      `Known to Resilience4j, without a meaning here, and told of in one warning: ${list(meaninglessOptions)}.`,
    meaninglessKeys.length > 0 && `The same holds beside ${code('instances')} for ${list(meaninglessKeys)}.`,
  ].filter((note) => note !== false);
  return [
    `### ${title}`,
    `${summary} In a file below ${code(`resilience4j.${section}`)}, in code ${code(optionsType)}, in the environment
${code(`${variablePrefix(section)}<NAME>_…`)}.`,
    table(['key, and end of the variable', 'takes', 'default', 'meaning'], rows),
    ...notes,
  ].join('\n\n');
}

const list = (names: readonly string[]): string => names.map(code).join(', ');

/** What the variables of the instances of a pattern begin with. */
export function variablePrefix(section: string): string {
  return `RESILIENCE4J_${section.toUpperCase()}_INSTANCES_`;
}

function keys({ name, rule }: ReferencedOption): string {
  return rule.kind === 'function' ? code(name) : `${code(name)}<br>${code(`…_${name.toUpperCase()}`)}`;
}

function takes({ rule: { allowed, kind }, isOfFilesAlone }: ReferencedOption): string {
  // How a duration is written is said once for all of them.
  const range = allowed
    .replace(` (${durationForms})`, '')
    .replaceAll(kind === 'choice' ? choices : literals, (word) => code(word));
  const beside = inFiles[kind];
  return `${range}${beside === undefined ? '' : `; ${beside}`}${isOfFilesAlone ? '; in files alone' : ''}`;
}

function meaning({ meaning: text, isBeyond }: ReferencedOption): string {
  return isBeyond ? `${text} Beyond Resilience4j.` : text;
}

/** As it would be written. */
function defaultOf({ defaultValue, rule: { kind } }: ReferencedOption): string {
  if (defaultValue === undefined || (Array.isArray(defaultValue) && defaultValue.length === 0)) return 'none';
  return code(kind === 'duration' ? durationText(Number(defaultValue)) : plainText(defaultValue));
}
