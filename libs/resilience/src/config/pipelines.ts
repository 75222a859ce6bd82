import type { Setting } from '../core/definitions.ts';
import { nearestName } from '../core/nearest-name.ts';
import { type PipelineKind, pipelineKindsOf, type PolicyDefinitions } from '../core/policies.ts';
import { findRelaxed, nearestRelaxed, relaxed } from './names.ts';
import { isEmpty, isOfPipelines, type Property } from './sources.ts';
import { fillIn, quoted, type ReadingContext, wordsIn } from './values.ts';

/**
 * A policy of a pipeline: the instance that has the name of the pipeline (`bulkhead`), or one of another name
 * (`bulkhead:customer`), which several pipelines may share.
 */
export type PipelineMember = PipelineKind | `${PipelineKind}:${string}`;

/**
 * The policies of pipelines, outermost first, by the names of the pipelines. An empty list means all policies that have
 * an instance with the name of the pipeline, in the default order.
 */
export type PipelinePolicies = Readonly<Record<string, readonly PipelineMember[]>>;

/** Stands for the policies of the standard pipeline in place of a list of policies. */
export const standardWord = 'standard';

/** The pipelines that code declares: lists of policies, or `standard`. */
export type PipelinesInCode = Readonly<Record<string, readonly PipelineMember[] | typeof standardWord>>;

/** The policies of pipelines as words, with their origin, by the names of the pipelines. */
export type PipelineSettings = ReadonlyMap<string, Setting>;

/** The pipelines that code declares. */
export function pipelinesInCode(pipelines: PipelinesInCode = {}): PipelineSettings {
  const settings = Object.entries(pipelines).map(([name, value]): [string, Setting] => [
    name,
    { value: wordsIn(value), origin: `pipelines.${name} in the application's code` },
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
  const pipelines = [...settings].map(([name, { value, origin: option }]): [string, readonly PipelineMember[]] => {
    const words = value as readonly string[];
    if (words.length > 0 && !isStandard(words)) {
      const fault = (given: string, allowed: string): void => report({ option, given, allowed });
      return [name, membersIn(words, name, { definitions, kinds, fault })];
    }
    const policies = defaultPolicies(name, definitions, kinds);
    const allowed = `a list of ${kinds.join(', ')}, or at least one instance called '${name}' among them`;
    if (policies.length === 0) report({ option, given: 'a name alone', allowed });
    return [name, policies];
  });
  return Object.fromEntries(pipelines);
}

/** Whether the words of a pipeline stand for the standard pipeline. */
export function isStandard(words: readonly string[]): boolean {
  return words.length === 1 && relaxed(words[0]!) === standardWord;
}

/** The policies that have an instance of this name, in the default order. */
export function defaultPolicies(
  name: string,
  definitions: PolicyDefinitions,
  kinds: readonly PipelineKind[] = pipelineKindsOf(),
): readonly PipelineKind[] {
  return kinds.filter((kind) => Object.hasOwn(definitions[kind].instances ?? {}, name));
}

interface MemberContext {
  readonly definitions: PolicyDefinitions;
  readonly kinds: readonly PipelineKind[];
  readonly fault: (given: string, allowed: string) => void;
}

function membersIn(
  words: readonly string[],
  pipelineName: string,
  { definitions, kinds, fault }: MemberContext,
): readonly PipelineMember[] {
  const members: PipelineMember[] = [];
  const listed = `${kinds.join(', ')}; or ${standardWord} alone`;
  for (const word of words) {
    const { kind: written, instance } = parseMember(word as PipelineMember, pipelineName);
    const kind = findRelaxed(written, kinds);
    if (kind === undefined) {
      fault(`'${word}', which is no policy`, orNearest(nearestRelaxed(written, [...kinds, standardWord]), listed));
      continue;
    }
    const member: PipelineMember = instance === pipelineName ? kind : `${kind}:${instance}`;
    const instances = Object.keys(definitions[kind].instances ?? {});
    if (member !== kind && !instances.includes(instance)) {
      const others =
        instances.length === 0
          ? `${kind} alone: it has no instances`
          : `an instance of ${kind}: ${instances.join(', ')}`;
      fault(`'${word}', which is not defined`, orNearest(nearestName(instance, instances), others));
    } else if (members.includes(member)) fault(`${member} twice`, 'each policy once');
    else members.push(member);
  }
  return members;
}

const orNearest = (nearest: string | undefined, others: string): string =>
  nearest === undefined ? others : `${nearest}, if that is what you meant`;

/** The kind of a policy of a pipeline, and the name of its instance. */
export function parseMember(
  member: PipelineMember,
  pipelineName: string,
): { readonly kind: PipelineKind; readonly instance: string } {
  const at = member.indexOf(':');
  return at < 0
    ? { kind: member as PipelineKind, instance: pipelineName }
    : { kind: member.slice(0, at) as PipelineKind, instance: member.slice(at + 1) };
}
