import { defaultOrder } from '../core/pipeline.ts';
import type { Findings } from './findings.ts';
import type { Setting } from './settings.ts';
import type { PatternDefinitions } from './patterns.ts';
import { isEmpty, type Property } from './property.ts';
import { fillIn, type ReadingContext } from './read-setting.ts';
import { findRelaxed, nearestRelaxed, relaxed } from './relaxed-name.ts';
import { plainText, quoted, wordsIn } from './words.ts';

/** What a pipeline may be made of: the instance of that pattern which has the name of the pipeline. */
export type PipelineStep = (typeof defaultOrder)[number];

/**
 * The policies of pipelines, outermost first, by the names of the pipelines. An empty list stands for the default order of
 * the patterns that have an instance of that name.
 */
export type PipelineSteps = Readonly<Record<string, readonly PipelineStep[]>>;

/** Where pipelines are written below `resilience4j`. */
export const pipelinesSection = 'pipelines';

/** The policies of pipelines as words, with where they stand, by the names of the pipelines. */
export type PipelineSettings = ReadonlyMap<string, Setting>;

export function isAboutPipelines({ path: [section = ''] }: Property): boolean {
  return relaxed(section) === pipelinesSection;
}

export function pipelinesInCode(pipelines: PipelineSteps = {}): PipelineSettings {
  const settings = Object.entries(pipelines).map(([name, value]): [string, Setting] => [
    name,
    { value, origin: `pipelines.${name} in the application's code` },
  ]);
  return new Map(settings);
}

/** The pipelines that one source declares. */
export function bindPipelines(properties: readonly Property[], { env, findings }: ReadingContext): PipelineSettings {
  const settings = new Map<string, Setting>();
  for (const property of properties.filter(isAboutPipelines)) {
    const [, name, ...below] = property.path;
    if (name === undefined || below.length > 0) {
      if (isEmpty(property.value)) continue;
      findings.fault(
        property.origin(),
        quoted(property.value),
        'names below pipelines, and a list of policies for each',
      );
      continue;
    }
    const filled = fillIn(property, env, findings);
    if (filled === undefined) continue;
    const value = isEmpty(filled.value) ? [] : wordsIn(filled.value);
    settings.set(name, { value, origin: property.origin() });
  }
  return settings;
}

/** The policies of each pipeline as they hold, outermost first. */
export function pipelineSteps(
  settings: PipelineSettings,
  definitions: PatternDefinitions,
  findings: Findings,
): PipelineSteps {
  const pipelines = [...settings].map(([name, { value, origin }]): [string, readonly PipelineStep[]] => {
    const words = value as readonly string[];
    const steps = words.length === 0 ? defaultSteps(name, definitions) : stepsIn(words, origin, findings);
    if (words.length === 0 && steps.length === 0) {
      const allowed = `a list of ${defaultOrder.join(', ')}, or at least one instance called '${name}' among them`;
      findings.fault(origin, 'a name alone', allowed);
    }
    return [name, steps];
  });
  return Object.fromEntries(pipelines);
}

/** The patterns that have an instance of this name, in the default order. */
export function defaultSteps(name: string, definitions: PatternDefinitions): readonly PipelineStep[] {
  return defaultOrder.filter((step) => Object.hasOwn(definitions[step].instances ?? {}, name));
}

function stepsIn(words: readonly string[], origin: string, findings: Findings): readonly PipelineStep[] {
  const steps: PipelineStep[] = [];
  for (const word of words) {
    const written = plainText(word);
    const step = findRelaxed(written, defaultOrder);
    if (step === undefined) {
      const nearest = nearestRelaxed(written, defaultOrder);
      const allowed = nearest === undefined ? defaultOrder.join(', ') : `${nearest}, if that is what you meant`;
      findings.fault(origin, `'${written}', which is no policy`, allowed);
    } else if (steps.includes(step)) findings.fault(origin, `${step} twice`, 'each policy once');
    else steps.push(step);
  }
  return steps;
}
