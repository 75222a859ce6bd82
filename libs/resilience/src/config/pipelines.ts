import type { Setting } from '../core/definitions.ts';
import { type PipelineKind, pipelineKindsOf, type PolicyDefinitions } from '../core/policies.ts';
import { isOfPipelines } from './bind.ts';
import { findRelaxed, nearestRelaxed } from './names.ts';
import { isEmpty, type Property } from './sources.ts';
import { fillIn, plainText, quoted, type ReadingContext, wordsIn } from './values.ts';

/**
 * The policies of pipelines, outermost first, by the names of the pipelines. Each policy is the instance with the name of the
 * pipeline. An empty list means all policies that have an instance of that name, in the default order.
 */
export type PipelinePolicies = Readonly<Record<string, readonly PipelineKind[]>>;

/** The policies of pipelines as words, with their origin, by the names of the pipelines. */
export type PipelineSettings = ReadonlyMap<string, Setting>;

/** The pipelines that code declares. */
export function pipelinesInCode(pipelines: PipelinePolicies = {}): PipelineSettings {
  const settings = Object.entries(pipelines).map(([name, value]): [string, Setting] => [
    name,
    { value, origin: `pipelines.${name} in the application's code` },
  ]);
  return new Map(settings);
}

/** Reads the pipelines in the properties of one source. */
export function bindPipelines(properties: readonly Property[], context: ReadingContext): PipelineSettings {
  const settings = new Map<string, Setting>();
  for (const property of properties.filter(isOfPipelines)) {
    const [, name, ...below] = property.path;
    if (name === undefined || below.length > 0) {
      if (isEmpty(property.value)) continue;
      const allowed = 'names below pipelines, and a list of policies for each';
      context.issues.report({ option: property.origin(), given: quoted(property.value), allowed });
      continue;
    }
    const filled = fillIn(property, context);
    if (filled === undefined) continue;
    const value = isEmpty(filled.value) ? [] : wordsIn(filled.value);
    settings.set(name, { value, origin: property.origin() });
  }
  return settings;
}

/**
 * The policies of each pipeline, outermost first.
 *
 * @param kinds the policies that a pipeline may contain, in the default order
 */
export function pipelinePolicies(
  settings: PipelineSettings,
  definitions: PolicyDefinitions,
  kinds: readonly PipelineKind[],
  report: ReadingContext['issues']['report'],
): PipelinePolicies {
  const pipelines = [...settings].map(([name, { value, origin: option }]): [string, readonly PipelineKind[]] => {
    const words = value as readonly string[];
    if (words.length > 0)
      return [name, policiesIn(words, kinds, (given, allowed) => report({ option, given, allowed }))];
    const policies = defaultPolicies(name, definitions, kinds);
    const allowed = `a list of ${kinds.join(', ')}, or at least one instance called '${name}' among them`;
    if (policies.length === 0) report({ option, given: 'a name alone', allowed });
    return [name, policies];
  });
  return Object.fromEntries(pipelines);
}

/** The policies that have an instance of this name, in the default order. */
export function defaultPolicies(
  name: string,
  definitions: PolicyDefinitions,
  kinds: readonly PipelineKind[] = pipelineKindsOf(),
): readonly PipelineKind[] {
  return kinds.filter((kind) => Object.hasOwn(definitions[kind].instances ?? {}, name));
}

function policiesIn(
  words: readonly string[],
  kinds: readonly PipelineKind[],
  fault: (given: string, allowed: string) => void,
): readonly PipelineKind[] {
  const policies: PipelineKind[] = [];
  for (const word of words) {
    const written = plainText(word);
    const kind = findRelaxed(written, kinds);
    if (kind === undefined) {
      const nearest = nearestRelaxed(written, kinds);
      const allowed = nearest === undefined ? kinds.join(', ') : `${nearest}, if that is what you meant`;
      fault(`'${written}', which is no policy`, allowed);
    } else if (policies.includes(kind)) fault(`${kind} twice`, 'each policy once');
    else policies.push(kind);
  }
  return policies;
}
