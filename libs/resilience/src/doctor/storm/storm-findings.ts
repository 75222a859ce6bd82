import type { Severity } from '../checks/check.ts';
import { count, figure, perSecond, span } from '../figures.ts';
import type { Storm } from './storm.ts';
import type { StormSurvey } from './storm-map.ts';
import { capacityOf } from './storm-model.ts';
import { describeAmplification, describeTrigger } from './words.ts';

/** Recovering takes long from here on, in seconds. */
const longRecovery = 60;

/** What a survey of storms can find. A code never changes and is never reused. */
export const stormChecks = [
  {
    code: 'storm-stays-down',
    title: 'After a trigger that has passed, the system stays down',
    severity: 'error',
    doc:
      'Goodput, the share of calls that are verified in time, stays below 90 % of what it was until the end of the ' +
      'simulation, and the backlog of the dependency does not shrink: retries, timeouts and abandoned work keep it ' +
      'down. Needs `--storm`. A `warning` on a map without `--load`, where it concerns some of the loads. See ' +
      '[storms](storms.md).',
    find(survey) {
      const { map, settings, instance, tried, remedy } = survey;
      const downAt = map.loads.filter((_, row) => map.locksInAt[row] !== undefined);
      const [load] = tried === undefined ? downAt : [tried.load];
      if (load === undefined) return undefined;
      const row = map.loads.indexOf(load);
      const size = map.locksInAt[row]!;
      const storm = map.storms[row]!.find(({ trigger }) => trigger.size === size)!;
      const message =
        `At ${perSecond(load)} of the ${perSecond(capacityOf(settings.model))} that the dependency can do, it stays down ` +
        `after ${describeTrigger(storm.trigger)}: goodput was ${percent(storm.goodputBefore)} and stays at ` +
        `${percent(storm.goodputAtEnd)}, with ${figure(storm.amplification)} calls of the dependency per arrival: ` +
        `${perSecond(load)} × ${figure(storm.amplification)} = ${perSecond(load * storm.amplification)}. ` +
        `The chain: ${describeAmplification(instance, settings.model)} ` +
        (remedy === undefined ? 'No single change that was tried helps.' : `What helps: ${remedy.change.words}.`);
      return { severity: settings.load === undefined ? 'warning' : 'error', message };
    },
  },
  {
    code: 'storm-recovers-slowly',
    title: 'The system recovers long after the trigger',
    severity: 'warning',
    doc:
      `It takes ${longRecovery} seconds or longer until goodput is back at 90 % of what it was. Where the backlog ` +
      'only shrinks until the end of the simulation, the time is extrapolated from how fast it does. Needs `--storm`.',
    find({ map, settings }) {
      const slow = map.storms.flat().filter((storm) => recoveryOf(storm) >= longRecovery);
      const slowest = slow.toSorted((a, b) => recoveryOf(b) - recoveryOf(a))[0];
      if (slowest?.verdict.kind !== 'recovers') return undefined;
      const isExtrapolated = slowest.verdict.isExtrapolated ? ', extrapolated from its backlog' : '';
      const message =
        `At ${perSecond(slowest.load)} it recovers ${span(recoveryOf(slowest) * 1_000)} after ` +
        `${describeTrigger(slowest.trigger)}${isExtrapolated}: ${slow.length} of ` +
        `${count(map.storms.flat().length, 'point')} take ${longRecovery} s or longer. The backlog is worked off with the ` +
        `capacity that the load leaves: ${perSecond(capacityOf(settings.model))} - ${perSecond(slowest.load)}.`;
      return { severity: 'warning', message };
    },
  },
  {
    code: 'storm-overloaded',
    title: 'The load is too high even without a trigger',
    severity: 'error',
    doc:
      'Goodput is below 90 % before the trigger: the dependency or the policies cannot take the load. Needs `--storm` ' +
      'with `--load`.',
    find({ map, settings }) {
      if (settings.load === undefined) return undefined;
      const storm = map.storms.flat().find(({ verdict }) => verdict.kind === 'overloaded');
      if (storm === undefined) return undefined;
      const message =
        `Without a trigger, ${percent(storm.goodputBefore)} of ${perSecond(storm.load)} are verified in time; the capacity ` +
        `is ${perSecond(capacityOf(settings.model))}.`;
      return { severity: 'error', message };
    },
  },
] as const satisfies readonly StormCheck[];

interface StormCheck {
  readonly code: string;
  readonly title: string;
  readonly severity: Severity;
  /** Markdown, for the documentation. */
  readonly doc: string;
  find(survey: StormSurvey): { readonly severity: Severity; readonly message: string } | undefined;
}

/** The code of a finding about storms. */
export type StormFindingCode = (typeof stormChecks)[number]['code'];

/** A finding about storms. */
export interface StormFinding {
  readonly instance: string;
  readonly code: StormFindingCode;
  readonly severity: Severity;
  readonly message: string;
}

/** What is wrong with an instance, from its map. */
export function stormFindings(survey: StormSurvey): readonly StormFinding[] {
  return stormChecks.flatMap((check) => {
    const found = (check as StormCheck).find(survey);
    return found === undefined ? [] : [{ instance: survey.instance.name, code: check.code, ...found }];
  });
}

function recoveryOf({ verdict }: Storm): number {
  return verdict.kind === 'recovers' ? verdict.afterSeconds : 0;
}

function percent(share: number): string {
  return `${figure(Math.round(share * 1_000) / 10)} %`;
}
