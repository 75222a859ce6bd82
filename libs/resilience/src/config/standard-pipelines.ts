import { BaseConfigs, emptyLayer, type Layer, type Settings } from '../core/definitions.ts';
import { mergeOptions } from '../core/options.ts';
import { standardBackoff, type StandardOptions, standardOptions } from '../core/standard-pipeline.ts';
import type { Layers } from './bind.ts';
import { isStandard, type PipelineSettings } from './pipelines.ts';
import type { SectionFormat } from './section-format.ts';

/**
 * The definitions with the defaults of each standard pipeline below those of its instances and their base
 * configurations, so that it has all its policies and every option can be overridden.
 */
export function withStandardPipelines(
  layers: Layers,
  pipelines: PipelineSettings,
  formats: readonly SectionFormat[],
): Layers {
  const names = [...pipelines].filter(([, { value }]) => isStandard(value as readonly string[])).map(([name]) => name);
  return new Map(
    formats.map((format) => {
      const layer = layers.get(format.kind) ?? emptyLayer;
      return [format.kind, names.reduce((below, name) => withStandardInstance(below, name, format), layer)] as const;
    }),
  );
}

function withStandardInstance(layer: Layer, name: string, format: SectionFormat): Layer {
  const standard = standardSettings(name, format);
  if (standard === undefined) return layer;
  // Unusable bases are reported where all definitions are resolved.
  const bases = new BaseConfigs(format.rules, layer, () => {});
  const instance = mergeOptions(format.rules, standard, bases.ofInstance(name));
  return { ...layer, instances: new Map([...layer.instances, [name, instance]]) };
}

/** The defaults of a policy as a file would write them; `undefined` for a policy that the standard does not have. */
function standardSettings(name: string, { kind, backoff, schema }: SectionFormat): Settings | undefined {
  const options = (standardOptions(name) as StandardOptions)[kind as keyof StandardOptions];
  if (options === undefined) return undefined;
  const { multiplier, randomizationFactor, maxWaitMs } = standardBackoff;
  const waits =
    backoff?.mayCombine === true
      ? {
          enableExponentialBackoff: true,
          exponentialBackoffMultiplier: multiplier,
          enableRandomizedWait: true,
          randomizedWaitFactor: randomizationFactor,
          [backoff.maxWait]: maxWaitMs,
        }
      : {};
  const origin = `the defaults of the standard pipeline '${name}'`;
  const { values } = schema.parse(options);
  return Object.fromEntries(
    Object.entries({ ...values, ...waits }).map(([option, value]) => [option, { value, origin }]),
  );
}
