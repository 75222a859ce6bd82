import type { ConfigIssues } from './issues.ts';
import { relaxed } from './names.ts';
import { type Environment, fillPlaceholders, type Lookup, lookupIn } from './placeholders.ts';
import { acceptsProfiles } from './profile-expression.ts';
import { type Document, isIndex, keysOfDocuments, propertiesBelow } from './sources.ts';
import { quoted, wordsIn } from './values.ts';

/** The keys below `spring` that bind a document to profiles: the current one and that before Spring Boot 2.4. */
const conditionKeys = new Set(['config.activate.onprofile', 'profiles']);

/** The key below `spring` with the active profiles. */
const activeKey = 'profiles.active';

/** The variable with the active profiles, which overrides files. */
const activeVariable = 'SPRING_PROFILES_ACTIVE';

/** The profile that is active if no other is. */
const defaultProfile = 'default';

interface DocumentOfProfiles extends Document {
  /** The profiles or profile expressions that the document belongs to; `undefined` if it always counts. */
  readonly condition: readonly string[] | undefined;
  /** The profiles that it activates. */
  readonly activates: readonly string[];
}

/**
 * The documents that count: those that belong to no profile, or to an active one. The active profiles are those in
 * `SPRING_PROFILES_ACTIVE`, otherwise those in `spring.profiles.active` in a file, otherwise `default`.
 */
export function activeDocuments(
  documents: readonly Document[],
  env: Environment,
  issues: ConfigIssues,
): readonly Document[] {
  const lookup = lookupIn(env, keysOfDocuments(documents));
  const withProfiles = documents.map((document) => documentOfProfiles(document, lookup));
  const active = activeProfiles(withProfiles, env);
  return withProfiles.filter(({ label, condition, activates }) => {
    if (condition === undefined) return true;
    if (activates.length > 0) {
      const given = `${activates.join(', ')} in the document for the profile ${condition.join(', ')}`;
      issues.report({ option: `${label}: spring.${activeKey}`, given, allowed: 'a document without a profile' });
    }
    const accepted = condition.map((expression) => [expression, acceptsProfiles(expression, active)] as const);
    for (const [expression, accepts] of accepted) {
      if (accepts !== undefined) continue;
      const allowed = 'names of profiles with !, &, | and parentheses, such as prod & (eu | us)';
      issues.report({ option: `${label}: spring.config.activate.on-profile`, given: quoted(expression), allowed });
    }
    if (accepted.some(([, accepts]) => accepts)) return true;
    issues.ignore(
      `${label}: the document for the profile ${condition.join(', ')}, which is not active ` +
        `(${activeVariable} or spring.${activeKey}; active: ${active.join(', ')})`,
    );
    return false;
  });
}

function activeProfiles(documents: readonly DocumentOfProfiles[], env: Environment): readonly string[] {
  const variable = env[activeVariable] ?? env[`spring.${activeKey}`];
  const inEnvironment = [...wordsIn(variable), ...entriesOf(activeVariable, env).flatMap(wordsIn)];
  if (inEnvironment.length > 0) return inEnvironment;
  const inFiles = documents.findLast(({ condition, activates }) => condition === undefined && activates.length > 0);
  return inFiles?.activates ?? [defaultProfile];
}

/** The values of the variables `NAME_0`, `NAME_1`, …. */
function entriesOf(variable: string, env: Environment): readonly string[] {
  const entries: string[] = [];
  for (let value = env[`${variable}_0`]; value !== undefined; value = env[`${variable}_${entries.length}`]) {
    entries.push(value);
  }
  return entries;
}

function documentOfProfiles(document: Document, lookup: Lookup): DocumentOfProfiles {
  const properties = propertiesBelow('spring', document.tree, document.label).map(({ path, value }) => ({
    key: path
      .filter((word) => !isIndex(word))
      .map(relaxed)
      .join('.'),
    profiles: wordsIn(value).flatMap((word) => {
      const filled = fillPlaceholders(word, lookup);
      return wordsIn('text' in filled ? filled.text : word);
    }),
  }));
  const conditions = properties.filter(({ key }) => conditionKeys.has(key));
  return {
    ...document,
    condition: conditions.length === 0 ? undefined : conditions.flatMap(({ profiles }) => profiles),
    activates: properties.filter(({ key }) => key === activeKey).flatMap(({ profiles }) => profiles),
  };
}
