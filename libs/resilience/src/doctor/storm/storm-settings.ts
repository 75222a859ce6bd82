import { parseDuration } from '../../core/duration.ts';
import { figure, span } from '../figures.ts';
import { parseRate } from '../traffic.ts';
import {
  defaultModel,
  queueDisciplines,
  serviceTimes,
  type StormModel,
  type Trigger,
  type TriggerKind,
  triggerKinds,
} from './storm-model.ts';

/** What to simulate. */
export interface StormSettings {
  readonly model: StormModel;
  /** Calls per second; without it, the map has loads up to the dependency's capacity. */
  readonly load: number | undefined;
  /** The trigger; without a size, the map has sizes from 1.25 to 6. */
  readonly trigger: Omit<Trigger, 'size'> & { readonly size?: number | undefined };
  /** The number of loads and of sizes on the map. */
  readonly points: number;
}

export const defaultSettings: StormSettings = {
  model: defaultModel,
  load: undefined,
  trigger: { kind: 'load', durationMs: 10_000 },
  points: 20,
};

/** A setting as an option of the command line, a field of the page and a part of its link. */
export interface StormSetting {
  readonly option: string;
  /** The default value, or an example if there is none. */
  readonly example: string;
  readonly text: string;
  /** What the value may be, for a message. */
  readonly allowed: string;
  /** The settings with this value; `undefined` if it is not allowed. */
  apply(settings: StormSettings, value: string): StormSettings | undefined;
  /** The value as text; `undefined` if there is none. */
  valueOf(settings: StormSettings): string | undefined;
}

const whole = (least: number, most: number) => (value: string) => {
  const number = /^\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
  return number >= least && number <= most ? number : undefined;
};
const oneOf =
  <T extends string>(values: readonly T[]) =>
  (value: string) =>
    values.find((each) => each === value.trim());
const duration = (value: string) => {
  const durationMs = parseDuration(value);
  return durationMs !== undefined && durationMs > 0 ? durationMs : undefined;
};
const bound = (value: string) => (value.trim() === 'unbounded' ? Number.POSITIVE_INFINITY : whole(0, 1_000_000)(value));
const rateOrNone = (value: string) => (value.trim() === '0' ? 0 : parseRate(value));
const compact = (durationMs: number) => span(durationMs).replace(' ', '');

function inModel<K extends keyof StormModel>(
  option: string,
  key: K,
  text: string,
  parse: (value: string) => StormModel[K] | undefined,
  allowed: string,
  format: (value: StormModel[K]) => string = String,
): StormSetting {
  return {
    option,
    example: format(defaultModel[key]),
    text,
    allowed,
    apply: (settings, value) => {
      const parsed = parse(value);
      return parsed === undefined ? undefined : { ...settings, model: { ...settings.model, [key]: parsed } };
    },
    valueOf: ({ model }) => format(model[key]),
  };
}

const aDuration = 'a duration above 0 such as 50ms';
const aRate = '0 or a rate such as 10/s';
const rate = (perSecond: number) => (perSecond === 0 ? '0' : `${figure(perSecond)}/s`);

export const stormSettings: readonly StormSetting[] = [
  {
    option: 'load',
    example: '60',
    text: 'calls per second; all loads up to the capacity by default',
    allowed: 'a rate above 0 such as 60 or 60/s',
    apply: (settings, value) => {
      const load = parseRate(value);
      return load === undefined ? undefined : { ...settings, load };
    },
    valueOf: ({ load }) => (load === undefined ? undefined : figure(load)),
  },
  {
    option: 'trigger',
    example: 'load:4x5s',
    text: `kind (${triggerKinds.join(', ')}), size and duration; all sizes from 1.25 to 6 by default`,
    allowed: `such as 4x5s, capacity:2x10s or slow:10s, with a kind of ${triggerKinds.join(', ')}`,
    apply: (settings, value) => {
      const trigger = parseTrigger(value);
      return trigger === undefined ? undefined : { ...settings, trigger };
    },
    valueOf: ({ trigger: { kind, size, durationMs } }) =>
      `${kind}:${size === undefined ? '' : `${figure(size)}x`}${compact(durationMs)}`,
  },
  inModel('workers', 'workers', 'calls that a replica works on at a time', whole(1, 100_000), 'a number from 1'),
  inModel('service', 'serviceTimeMs', 'how long a worker needs for a call', duration, aDuration, compact),
  inModel('service-time', 'serviceTime', serviceTimes.join(', '), oneOf(serviceTimes), serviceTimes.join(', ')),
  inModel('replicas', 'replicas', 'copies of the dependency', whole(1, 1_000), 'a number from 1'),
  inModel('queue', 'queue', 'calls that wait in a replica, or unbounded', bound, 'a number or unbounded', (queue) =>
    Number.isFinite(queue) ? String(queue) : 'unbounded',
  ),
  inModel(
    'discipline',
    'discipline',
    queueDisciplines.join(', '),
    oneOf(queueDisciplines),
    queueDisciplines.join(', '),
  ),
  inModel(
    'abandoned',
    'abandonedWork',
    'work whose caller has left: kept or dropped',
    oneOf(['kept', 'dropped']),
    'kept, dropped',
  ),
  inModel('clients', 'clients', 'processes with policies of their own', whole(1, 1_000), 'a number from 1'),
  inModel('arrivals', 'arrivals', 'even or random', oneOf(['even', 'random']), 'even, random'),
  inModel('patience', 'deadlineMs', "the caller's time", duration, aDuration, compact),
  inModel('cache', 'cacheEntries', 'entries of a cache in front of it', whole(0, 1_000_000), 'a number from 0'),
  inModel('cache-ttl', 'cacheTtlMs', 'when an entry must be obtained again', duration, aDuration, compact),
  inModel(
    'balancer',
    'balancerAttempts',
    'replicas that a balancer tries for a call',
    whole(1, 100),
    'a number from 1',
  ),
  inModel('reconciler', 'reconcilerPerSecond', 'failed calls that are made again later', rateOrNone, aRate, rate),
  inModel('horizon', 'horizonMs', 'how long the system is observed', duration, aDuration, compact),
  inModel('seed', 'seed', 'the same seed gives the same map', whole(0, 2 ** 31), 'a number from 0'),
  {
    option: 'points',
    example: '20',
    text: 'loads and sizes on the map',
    allowed: 'a number from 2 to 60',
    apply: (settings, value) => {
      const points = whole(2, 60)(value);
      return points === undefined ? undefined : { ...settings, points };
    },
    valueOf: ({ points }) => String(points),
  },
];

/** `4x5s`, `capacity:2x10s`, or without a size `slow:10s`. */
function parseTrigger(value: string): StormSettings['trigger'] | undefined {
  const [, kind = 'load', size, time] = /^\s*(?:([a-z]+):)?(?:(\d+(?:\.\d+)?)x)?(\S+)\s*$/.exec(value) ?? [];
  const durationMs = duration(time ?? '');
  const isKind = triggerKinds.includes(kind as TriggerKind);
  if (!isKind || durationMs === undefined || (size !== undefined && Number(size) < 1)) return undefined;
  return { kind: kind as TriggerKind, durationMs, ...(size !== undefined && { size: Number(size) }) };
}
