import { figure, perSecond, span } from '../figures.ts';
import { type Paint, plain, type Style, wrapped } from '../report.ts';
import type { Verdict } from './course.ts';
import type { Storm } from './storm.ts';
import type { StormMap, StormSurvey } from './storm-map.ts';
import { capacityOf } from './storm-model.ts';
import { describeAmplification, describeModel, describeTrigger } from './words.ts';

/** How each verdict is shown. The colours differ for colour-blind readers too (Okabe and Ito), and so do the marks. */
export const looks = {
  unharmed: { mark: '·', style: 'green', colour: '#3f9c7e', words: 'unharmed' },
  recovers: { mark: 'o', style: 'cyan', colour: '#3f8fd0', words: 'recovers' },
  extrapolated: { mark: '~', style: 'yellow', colour: '#a98400', words: 'recovers, by its shrinking backlog' },
  staysDown: { mark: '#', style: 'red', colour: '#d9541e', words: 'stays down' },
  overloaded: { mark: 'x', style: 'dim', colour: '#858585', words: 'overloaded without a trigger' },
} as const satisfies Readonly<Record<string, { mark: string; style: Style; colour: string; words: string }>>;

/** The key of `looks` for a verdict. */
export function lookOf(verdict: Verdict): keyof typeof looks {
  return verdict.kind === 'recovers' && verdict.isExtrapolated ? 'extrapolated' : verdict.kind;
}

/** A verdict as a phrase. */
export function describeVerdict(verdict: Verdict): string {
  if (verdict.kind !== 'recovers') return looks[verdict.kind].words;
  const how = verdict.isExtrapolated ? ', extrapolated from its shrinking backlog' : '';
  return `recovers after ${span(verdict.afterSeconds * 1_000)}${how}`;
}

/** A survey as text: the model, the map, what it means, and the map with the change that helps. */
export function stormAsText(survey: StormSurvey, paint: Paint = plain): string {
  const { instance, settings, map, remedy } = survey;
  return [
    paint('bold', `${instance.name}: storms in virtual time`),
    ...wrapped(describeModel(settings), ''),
    '',
    ...mapLines(survey, map, paint),
    '',
    ...stormConclusions(survey).flatMap((line) => wrapped(line, '')),
    ...(remedy === undefined ? [] : ['', paint('bold', 'With this change:'), ...mapLines(survey, remedy.map, paint)]),
    '',
  ].join('\n');
}

/** What the maps show, in sentences. */
export function stormConclusions({ instance, settings, map, tried, remedy }: StormSurvey): readonly string[] {
  return [
    `The chain: ${describeAmplification(instance, settings.model)}`,
    ...conclusionsOf(map),
    ...(tried === undefined ? [] : [remedyInWords(tried, remedy)]),
  ];
}

function conclusionsOf(map: StormMap): readonly string[] {
  const { loads, locksInAt, highestSafeLoad, longestRecovery, storms } = map;
  if (storms.flat().length === 1) return [];
  const locks = loads.flatMap((load, row) =>
    locksInAt[row] === undefined ? [] : [`${figure(locksInAt[row])} at ${perSecond(load)}`],
  );
  const recovery =
    longestRecovery === undefined ? 'it is unharmed' : `it recovers within ${span(longestRecovery * 1_000)}`;
  return [
    locks.length === 0
      ? 'No trigger on the map locks it in.'
      : `The smallest trigger that locks it in: ${locks.join(', ')}.`,
    highestSafeLoad === undefined
      ? 'No load on the map is safe.'
      : `The highest safe load is ${perSecond(highestSafeLoad)}: up to it, ${recovery}.`,
  ];
}

function remedyInWords(
  tried: { readonly load: number; readonly trigger: Storm['trigger'] },
  remedy: StormSurvey['remedy'],
) {
  const at = `at ${perSecond(tried.load)} and ${describeTrigger(tried.trigger)}`;
  return remedy === undefined
    ? `None of the single changes that were tried makes it safe ${at}.`
    : `The nearest single change with which it does not stay down ${at}: ${remedy.change.words}.`;
}

function mapLines({ settings }: StormSurvey, map: StormMap, paint: Paint): readonly string[] {
  const { loads, sizes, storms } = map;
  const [only] = storms.flat();
  if (only !== undefined && storms.flat().length === 1) return pointLines(only, paint);
  const rows = sizes.map((size, column) => {
    const cells = storms.map((row) => {
      const look = looks[lookOf(row[column]!.verdict)];
      return paint(look.style, look.mark.padEnd(2));
    });
    return `${figure(size).padStart(7)} × ${cells.join('').trimEnd()}`;
  });
  const present = new Set(storms.flat().map(({ verdict }) => lookOf(verdict)));
  const legend = [...present].map((key) => `${looks[key].mark} ${looks[key].words}`).join('   ');
  const [first = 0, last = 0] = [loads[0], loads.at(-1)];
  const axis = `${figure(first)} ${'─'.repeat(Math.max(1, loads.length * 2 - figure(first).length - figure(last).length - 2))} ${figure(last)}`;
  return [
    ...rows.toReversed(),
    `          ${axis} calls/s (${figure(Math.round((last / capacityOf(settings.model)) * 100))} % of the capacity)`,
    paint('dim', `          ${legend}`),
  ];
}

function pointLines(storm: Storm, paint: Paint): readonly string[] {
  const { load, trigger, verdict, goodputBefore, goodputAtEnd, amplification, course } = storm;
  const look = looks[lookOf(verdict)];
  return [
    `At ${perSecond(load)}, ${describeTrigger(trigger)}: ${paint(look.style, describeVerdict(verdict))}.`,
    `Goodput ${share(goodputBefore)} before and ${share(goodputAtEnd)} at the end; ` +
      `${figure(amplification)} calls of the dependency per arrival after the trigger.`,
    '',
    `goodput   ${bars(course.verified.map((verified, second) => verified / Math.max(1, course.arrivals[second] ?? 0)))}`,
    `attempts  ${bars(course.attempts)}`,
    `backlog   ${bars(course.backlog)}`,
    paint(
      'dim',
      `          each column is 2 s, the highest bar ${figure(Math.max(...course.attempts))} attempts/s and ` +
        `${figure(Math.max(...course.backlog))} waiting calls; the trigger is from ${course.warmUp} s to ` +
        `${course.warmUp + course.trigger} s`,
    ),
  ];
}

const levels = ' ▁▂▃▄▅▆▇█';

function bars(values: readonly number[]): string {
  const highest = Math.max(...values, Number.MIN_VALUE);
  const columns = Array.from({ length: Math.ceil(values.length / 2) }, (_, column) =>
    Math.max(values[column * 2] ?? 0, values[column * 2 + 1] ?? 0),
  );
  return columns
    .map((value) => levels[Math.ceil((value / highest) * (levels.length - 1))])
    .join('')
    .trimEnd();
}

function share(goodput: number): string {
  return `${figure(Math.round(goodput * 1_000) / 10)} %`;
}

/** A survey for programs. Courses are left out, except that of a single point. */
export function stormAsData({ instance, settings, map, tried, remedy }: StormSurvey) {
  return {
    instance: instance.name,
    model: { ...settings.model, queue: Number.isFinite(settings.model.queue) ? settings.model.queue : 'unbounded' },
    trigger: settings.trigger,
    ...mapAsData(map),
    tried,
    remedy: remedy && { change: remedy.change.words, ...mapAsData(remedy.map) },
  };
}

function mapAsData({ loads, sizes, storms, locksInAt, highestSafeLoad, longestRecovery }: StormMap) {
  const isSingle = storms.flat().length === 1;
  const points = storms.flat().map(({ course, trigger: { size }, ...storm }) => ({
    ...storm,
    size,
    ...(isSingle && { course }),
  }));
  return { loads, sizes, locksInAt: locksInAt.map((size) => size ?? null), highestSafeLoad, longestRecovery, points };
}
