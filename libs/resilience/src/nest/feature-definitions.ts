import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { isDeepStrictEqual } from 'node:util';
import type { PipelinePolicies } from '../config/pipelines.ts';
import { ConflictingDefinitionError } from '../core/errors.ts';
import type { PolicyDefinitions, PolicyKind } from '../core/policies.ts';
import type { PolicyTable } from '../core/policy-definition.ts';
import type { RegistryDefinitions } from '../core/registry.ts';
import { policyTable } from './resilience.options.ts';

/** What a module defines for itself: instances and configurations by pattern, and pipelines. */
export interface ResilienceFeature extends Partial<PolicyDefinitions> {
  /** As in `ResilienceModule.forRoot`. None by default. */
  readonly pipelines?: PipelinePolicies;
}

/** Marks what `forFeature` was given among the providers of an application. */
export class DeclaredFeature {
  readonly feature: ResilienceFeature;

  constructor(feature: ResilienceFeature) {
    this.feature = feature;
  }
}

/** Gathers what the modules of this application define. It can be read before any provider is made. */
@Injectable()
export class FeatureDefinitions {
  readonly #discovery: DiscoveryService;
  readonly #table: PolicyTable;

  constructor(@Inject(DiscoveryService) discovery: DiscoveryService, @Inject(policyTable) table: PolicyTable) {
    this.#discovery = discovery;
    this.#table = table;
  }

  /**
   * The definitions of the root module with those of all others.
   *
   * @throws ConflictingDefinitionError when the same name is defined twice with different options
   */
  mergedInto(root: ResilienceFeature): ResilienceFeature {
    const features = this.#discovery
      .getProviders()
      .flatMap(({ instance }) => (instance instanceof DeclaredFeature ? [instance.feature] : []));
    return features.reduce((one, other) => merge(one, other, this.#table), root);
  }
}

function merge(one: ResilienceFeature, other: ResilienceFeature, table: PolicyTable): ResilienceFeature {
  const definitions = table.map(({ kind, label }) => {
    const mine: RegistryDefinitions<object> = one[kind as PolicyKind] ?? {};
    const theirs: RegistryDefinitions<object> = other[kind as PolicyKind] ?? {};
    return [
      kind,
      {
        configs: united(`${label} configuration`, mine.configs, theirs.configs),
        instances: united(label, mine.instances, theirs.instances),
      },
    ];
  });
  const pipelines = united('Pipeline', one.pipelines, other.pipelines);
  return { ...(Object.fromEntries(definitions) as PolicyDefinitions), pipelines };
}

function united<D extends object>(
  label: string,
  mine: Readonly<Record<string, D>> = {},
  theirs: Readonly<Record<string, D>> = {},
): Readonly<Record<string, D>> {
  for (const [name, definition] of Object.entries(theirs)) {
    const existing = Object.hasOwn(mine, name) ? mine[name] : undefined;
    if (existing === undefined || isDeepStrictEqual(existing, definition)) continue;
    throw new ConflictingDefinitionError(`${label} '${name}'`, differences(existing, definition));
  }
  return { ...mine, ...theirs };
}

function differences(existing: object, wanted: object): readonly string[] {
  if (Array.isArray(existing)) return ['policies'];
  const before = existing as Readonly<Record<string, unknown>>;
  const after = wanted as Readonly<Record<string, unknown>>;
  const options = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return options.filter((option) => !isDeepStrictEqual(before[option], after[option]));
}
