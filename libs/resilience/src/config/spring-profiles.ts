import type { Findings } from './findings.ts';
import type { Environment } from './placeholders.ts';
import { propertiesBelow } from './property.ts';
import { relaxed } from './relaxed-name.ts';
import { wordsIn } from './words.ts';

/** The keys below `spring` that bind a YAML document to profiles, today's and the one before Spring Boot 2.4. */
const conditionKeys = new Set(['config.activate.onprofile', 'profiles']);

/**
 * Whether a YAML document of an `application.yml` is in force: it is bound to no profile, or to one that
 * `SPRING_PROFILES_ACTIVE` names. Profile expressions (`prod & eu`) are not evaluated; such a document is left out.
 *
 * @param label what to call the file in messages
 */
export function isInForce(document: unknown, label: string, env: Environment, findings: Findings): boolean {
  const condition = propertiesBelow('spring', document, label).find(({ path }) =>
    conditionKeys.has(path.map(relaxed).join('.')),
  );
  if (condition === undefined) return true;

  const active = wordsIn(env['SPRING_PROFILES_ACTIVE']);
  const wanted = wordsIn(condition.value);
  if (wanted.some((profile) => active.includes(profile))) return true;
  findings.ignored(
    `${label}: the document for the profile ${wanted.join(', ')}, which SPRING_PROFILES_ACTIVE does not name`,
  );
  return false;
}
