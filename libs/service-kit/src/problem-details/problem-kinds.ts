import { serviceKitProblems, type ProblemCatalogue } from './problem-catalogue.ts';
import { problemType } from './problem-details.ts';
import type { Problem } from './problem.exception.ts';

/**
 * What all problems of one type have in common. An exception is made of it and the API's description tells of it, so that
 * the two say the same.
 *
 * @example
 * new ProblemException({ ...customerNotFound, detail: `There is no customer ${id}.` })
 */
export type ProblemKind = Required<Pick<Problem, 'type' | 'title' | 'status'>>;

/** The kinds of a catalogue, under the names that they have there. */
export function kindsOf<Catalogue extends ProblemCatalogue>(
  catalogue: Catalogue,
): { readonly [Name in keyof Catalogue]: ProblemKind } {
  const kinds = Object.entries(catalogue).map(([name, { title, status }]) => [
    name,
    { type: problemType(name), title, status },
  ]);
  return Object.fromEntries(kinds) as { [Name in keyof Catalogue]: ProblemKind };
}

/** The chassis's own. */
export const serviceKitKinds = kindsOf(serviceKitProblems);
