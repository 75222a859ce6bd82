import type { BenchEnvironment, ServiceProcess } from '../environment.ts';
import { Clients } from '../load.ts';
import { median, type Pair, randomFrom, ratioOf } from '../paired-comparison.ts';
import { measureStretch, type Stretch } from '../saturation.ts';
import type { Arm, ArmName, Program } from './arm.ts';
import { arms } from './arms.ts';

export interface ComparisonPlan {
  readonly arms: readonly ArmName[];
  /** Starts of each arm, one after the other. */
  readonly starts: number;
  /** Each arm is warmed up with at least so many accounts, and until its cost is level, but not for longer than the seconds. */
  readonly warmUpAccounts: number;
  readonly maxWarmUpSeconds: number;
  /** Each turn has a stretch of each arm. */
  readonly turns: number;
  readonly seconds: number;
}

/** Services that do the same work, measured in turns. */
export type ServiceComparison = ReturnType<typeof compare>;

/** The measurements of one arm. */
export interface ArmRun {
  readonly name: ArmName;
  /** The time until each start was ready, on all processors. */
  readonly startsMs: readonly number[];
  /** Before the first request, a few seconds after the start; undefined where the platform does not report it. */
  readonly restMiB: number | undefined;
  /** At the end of each turn. */
  readonly loadMiB: readonly number[];
  readonly warmUpSeconds: number;
  readonly isLevel: boolean;
  /** One for each turn. */
  readonly stretches: readonly Stretch[];
}

/** Long enough for what a service does right after its start. */
const restMs = 3_000;

/** How far the cost of two neighbouring parts of a warm-up may differ, and the number of stretches in each. */
const levelShare = 0.03;
const levelStretches = 20;

/**
 * Runs the arms next to each other, each with a database of its own and all on the same processor. Only one of them has load
 * at any time: they take turns of a stretch each, in an order that rotates, so that disturbances affect all of them.
 */
export async function measureServices(
  environment: BenchEnvironment,
  plan: ComparisonPlan,
  say: (what: string) => void,
) {
  const built = await buildAll(plan.arms, { signal: environment.signal, say });
  const running = await startAll(environment, plan, built.programs, say);

  say('services: warming up, in turns');
  let waiting = running;
  for (let turn = 0; waiting.length > 0; turn += 1) {
    for (const arm of rotated(running, turn)) await arm.warmUp();
    const warmed = running.map(({ name, warmUpAccounts }) => `${name} ${warmUpAccounts().toFixed(0)} accounts`);
    say(`services: warming up, ${warmed.join(', ')}`);
    waiting = running.filter((arm) => !arm.isWarm());
  }
  for (let turn = 0; turn < plan.turns; turn += 1) {
    say(`services: turn ${turn + 1} of ${plan.turns}`);
    for (const arm of rotated(running, turn)) await arm.measure();
  }
  for (const arm of running) await arm.stop();
  const results = running.map((arm) => arm.result());
  const invalid = built.programs.flatMap(({ name, program }) => {
    const reason = program.whyInvalid?.();
    return reason === undefined ? [] : [{ name, reason }];
  });
  return compare(
    results.filter(({ name }) => !invalid.some((each) => each.name === name)),
    [...built.notChecked, ...invalid],
  );
}

async function buildAll(names: readonly ArmName[], context: Parameters<Arm['build']>[0]) {
  const programs: { readonly name: ArmName; readonly program: Program }[] = [];
  const notChecked: { readonly name: ArmName; readonly reason: string }[] = [];
  for (const { name, build } of arms.filter((arm) => names.includes(arm.name))) {
    context.say(`services: building ${name}`);
    const built = await build(context);
    if ('notChecked' in built) notChecked.push({ name, reason: built.notChecked });
    else programs.push({ name, program: built });
  }
  return { programs, notChecked };
}

async function startAll(
  environment: BenchEnvironment,
  plan: ComparisonPlan,
  programs: readonly { readonly name: ArmName; readonly program: Program }[],
  say: (what: string) => void,
) {
  const running: ReturnType<typeof runningArm>[] = [];
  for (const { name, program } of programs) {
    say(`services: starting ${name}`);
    const databaseUrl = await environment.createDatabase(program);
    const startsMs: number[] = [];
    // The first start fills the caches of the machine.
    for (let start = 0; start <= plan.starts; start += 1) {
      const service = await environment.start(program, { databaseUrl, isUnpinned: true });
      const readyMs = await service.ready();
      if (start > 0) startsMs.push(readyMs);
      await service.stop();
    }
    const service = await environment.start(program, { databaseUrl });
    await service.ready();
    running.push(runningArm(name, service, plan, startsMs, environment.signal));
  }
  await new Promise((resolve) => setTimeout(resolve, restMs));
  for (const arm of running) arm.rest();
  return running;
}

function runningArm(
  name: ArmName,
  service: ServiceProcess,
  plan: ComparisonPlan,
  startsMs: readonly number[],
  signal: AbortSignal,
) {
  const clients = new Clients(service.url);
  const [warmUp, stretches]: [Stretch[], Stretch[]] = [[], []];
  const loadMiB: number[] = [];
  let restMiB: number | undefined;
  const warmUpSeconds = (): number => warmUp.length * plan.seconds;
  const warmUpAccounts = (): number => warmUp.reduce((sum, { perSecond }) => sum + perSecond * plan.seconds, 0);
  const isLevel = (): boolean => isLevelCost(warmUp.flatMap(({ processorMsEach }) => processorMsEach ?? []));
  return {
    name,
    warmUpAccounts,
    rest: (): void => void (restMiB = service.residentMiB()),
    isWarm: (): boolean =>
      warmUpSeconds() >= plan.maxWarmUpSeconds || (warmUpAccounts() >= plan.warmUpAccounts && isLevel()),
    async warmUp(): Promise<void> {
      warmUp.push(await measureStretch(service, clients, plan.seconds, signal));
    },
    async measure(): Promise<void> {
      stretches.push(await measureStretch(service, clients, plan.seconds, signal));
      loadMiB.push(service.residentMiB() ?? Number.NaN);
    },
    async stop(): Promise<void> {
      clients.close();
      await service.stop();
    },
    result: (): ArmRun => ({
      name,
      startsMs,
      restMiB,
      loadMiB,
      stretches,
      warmUpSeconds: warmUpSeconds(),
      isLevel: isLevel(),
    }),
  };
}

/** Whether a cost has stopped to fall: its last stretches have the same median as those before them. */
export function isLevelCost(costs: readonly number[]): boolean {
  if (costs.length < 2 * levelStretches) return false;
  const last = median(costs.slice(-levelStretches));
  const before = median(costs.slice(-2 * levelStretches, -levelStretches));
  return last > before * (1 - levelShare);
}

/** The members, beginning with another one in each turn. */
export function rotated<T>(members: readonly T[], turn: number): readonly T[] {
  const first = turn % members.length;
  return [...members.slice(first), ...members.slice(0, first)];
}

/** A ratio of processor times, `of` in multiples of `to`. */
interface Relation {
  readonly of: ArmName;
  readonly to: ArmName;
  /** How the ratio has to relate to which target. Default: it is only reported. */
  readonly bound?: { readonly is: 'at least' | 'at most'; readonly target: RatioTarget };
}

/** The targets for ratios of processor times. */
export type RatioTarget = 'accountToBare' | 'earlierToBare' | 'tracedToAccount';

const relations: readonly Relation[] = [
  { of: 'account', to: 'bare', bound: { is: 'at most', target: 'accountToBare' } },
  { of: '5046a20', to: 'bare', bound: { is: 'at least', target: 'earlierToBare' } },
  { of: 'account', to: 'spring' },
  { of: 'traced', to: 'account', bound: { is: 'at most', target: 'tracedToAccount' } },
];

/** Summarizes the arms and relates them to each other. */
export function compare(
  runs: readonly ArmRun[],
  notChecked: readonly { readonly name: ArmName; readonly reason: string }[],
) {
  const stretchesOf = (name: ArmName) => runs.find((run) => run.name === name)?.stretches ?? [];
  return {
    arms: runs.map(summaryOf),
    notChecked,
    ratios: relations.flatMap((relation) => {
      const pairs = pairsOf(stretchesOf(relation.of), stretchesOf(relation.to));
      return pairs.length === 0 ? [] : [{ ...relation, ratio: ratioOf(pairs, randomFrom(1)) }];
    }),
  };
}

function summaryOf({ name, startsMs, restMiB, loadMiB, warmUpSeconds, isLevel, stretches }: ArmRun) {
  return {
    name,
    /** Processor time per opened account, median of all stretches; NaN where the platform does not report it. */
    processorMsEach: median(stretches.flatMap(({ processorMsEach }) => processorMsEach ?? [])),
    perSecond: median(stretches.map(({ perSecond }) => perSecond)),
    /** The share of its processor that it used: below 90 %, the load did not saturate it. */
    busy: median(stretches.flatMap(({ busy }) => busy ?? [])),
    /** Requests without a 201. */
    others: stretches.reduce((sum, { others }) => sum + others, 0),
    startMs: median(startsMs),
    restMiB,
    /** The most at the end of a turn. */
    loadMiB: Math.max(...loadMiB),
    warmUpSeconds,
    /** Whether its cost had stopped to fall at the end of the warm-up. */
    isLevel,
    /** In the order of the turns. */
    stretches,
  };
}

/** The processor times of two arms in the same turns. */
function pairsOf(stretches: readonly Stretch[], others: readonly Stretch[]): readonly Pair[] {
  return stretches.flatMap(({ processorMsEach: withIt }, turn) => {
    const withoutIt = others[turn]?.processorMsEach;
    return withIt === undefined || withoutIt === undefined ? [] : [{ withIt, withoutIt }];
  });
}
