import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { isDeepStrictEqual } from 'node:util';
import type { PipelinesInCode } from '../config/pipelines.ts';
import { ConflictingDefinitionError } from '../core/errors.ts';
import type { PolicyDefinitions, PolicyKind } from '../core/policies.ts';
import type { PolicyTable } from '../core/policy-definition.ts';
import type { RegistryDefinitions } from '../core/registry.ts';
import { policyTable } from './resilience.options.ts';

/** The definitions of one module: instances and configurations by kind of policy, and pipelines. */
export interface ResilienceFeature extends Partial<PolicyDefinitions> {
  /** As in `ResilienceModule.forRoot`. None by default. */
  readonly pipelines?: PipelinesInCode;
}

/** Marks the definitions of `forFeature` among the providers of an application. */
export class DeclaredFeature {
  readonly feature: ResilienceFeature;

  constructor(feature: ResilienceFeature) {
    this.feature = feature;
  }
}

/** Collects the definitions of all modules of this application. Available before any provider is created. */
@Injectable()
export class FeatureDefinitions {
  readonly #discovery: DiscoveryService;
  readonly #table: PolicyTable;

  constructor(@Inject(DiscoveryService) discovery: DiscoveryService, @Inject(policyTable) table: PolicyTable) {
    this.#discovery = discovery;
    this.#table = table;
  }

  /**
   * The definitions of the root module and of all others.
   *
   * @throws ConflictingDefinitionError if the same name is defined twice with different options
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
    const ours: RegistryDefinitions<object> = one[kind as PolicyKind] ?? {};
    const theirs: RegistryDefinitions<object> = other[kind as PolicyKind] ?? {};
    return [
      kind,
      {
        configs: mergeByName(`${label} configuration`, ours.configs, theirs.configs),
        instances: mergeByName(label, ours.instances, theirs.instances),
      },
    ];
  });
  const pipelines = mergeByName('Pipeline', one.pipelines, other.pipelines);
  return { ...(Object.fromEntries(definitions) as PolicyDefinitions), pipelines };
}

function mergeByName<D extends object | string>(
  label: string,
  ours: Readonly<Record<string, D>> = {},
  theirs: Readonly<Record<string, D>> = {},
): Readonly<Record<string, D>> {
  for (const [name, definition] of Object.entries(theirs)) {
    const existing = Object.hasOwn(ours, name) ? ours[name] : undefined;
    if (existing === undefined || isDeepStrictEqual(existing, definition)) continue;
    throw new ConflictingDefinitionError(`${label} '${name}'`, differences(existing, definition));
  }
  return { ...ours, ...theirs };
}

function differences(existing: object | string, wanted: object | string): readonly string[] {
  if (Array.isArray(existing) || typeof existing === 'string' || typeof wanted === 'string') return ['policies'];
  const before = existing as Readonly<Record<string, unknown>>;
  const after = wanted as Readonly<Record<string, unknown>>;
  const options = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return options.filter((option) => !isDeepStrictEqual(before[option], after[option]));
}
