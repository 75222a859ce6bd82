import { type Experiment, experiments as allExperiments } from '../experiments/experiments.ts';
import type { LookupSeries } from '../experiments/lookups.ts';
import { showConfiguration } from './configuration.ts';
import type { Results } from './results.ts';
import { paint, width, wrap } from './style.ts';
import { callTable, summaryTable } from './tables.ts';

/** The results for people: a table for each experiment, one for the recovery, and what to learn from each. */
export function resultsAsText({ experiments, recovery }: Results): string {
  const sections = experiments.map(({ experiment, series }) => experimentSection(experiment, series));
  return [...sections, recoverySection(recovery), summaryTable(experiments)].join('\n');
}

function experimentSection(experiment: Experiment, { instance, config, calls }: LookupSeries): string {
  const number = allExperiments.indexOf(experiment) + 1;
  return [
    heading(`${number}. ${experiment.name}`, `on ${instance}`),
    wrap(experiment.setup),
    paint('dim', wrap(showConfiguration(config))),
    callTable(calls).trimEnd(),
    wrap(`→ ${experiment.lesson}`),
    '',
  ].join('\n');
}

function recoverySection({ breaker, instance, calls, recovered }: Results['recovery']): string {
  const probes = calls.filter(({ outcome }) => outcome !== 'not-permitted').length;
  const lesson = recovered
    ? `→ Once the wait in OPEN is over, the next call is let through as a trial (HALF_OPEN). ${probes} good trials in ` +
      'a row say that customer is well again, and the breaker closes by itself.'
    : '→ The breaker did not come back.';
  return [
    heading(`Recovery of ${breaker}`, `on ${instance}`),
    wrap('The customer services answer at once again.'),
    callTable(calls).trimEnd(),
    wrap(lesson),
    '',
  ].join('\n');
}

function heading(title: string, place: string): string {
  const rule = '─'.repeat(Math.max(0, width - title.length - place.length - 2));
  return `${paint('bold', title)} ${place} ${paint('dim', rule)}`;
}
