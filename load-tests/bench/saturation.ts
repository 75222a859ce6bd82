import { Clients } from './load.ts';
import type { BenchEnvironment, Protection, ServiceProcess } from './environment.ts';
import { accountPrograms } from './services/programs.ts';

/** How many pairs of stretches are measured, and for how long each. */
export interface SaturationPlan {
  /** Each round has a new process, because V8 compiles the same code differently in each. */
  readonly rounds: number;
  readonly pairsPerRound: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** The result of one arm for one stretch of time at saturation. */
export type Stretch = Awaited<ReturnType<typeof measureStretch>>;

/** One stretch of each arm, one right after the other. */
export type StretchPair = Readonly<Record<Protection, Stretch>>;

/**
 * Measures account at saturation, alternately with and without its pipeline (A B, B A, A B …), so that disturbances
 * affect both arms. Both use the same process: two processes with the same code differed by 5 %.
 */
export async function measureSaturation(
  environment: BenchEnvironment,
  plan: SaturationPlan,
  arms: readonly [Protection, Protection],
  say: (what: string) => void,
): Promise<StretchPair[]> {
  const pairs: StretchPair[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    const account = await environment.start(accountPrograms.switchable);
    await account.ready();
    const clients = new Clients(account.url);
    const stretch = async (at: number): Promise<Stretch> => {
      await account.switchTo(arms[at]!);
      return measureStretch(account, clients, plan.seconds, environment.signal);
    };
    say(`round ${round + 1} of ${plan.rounds}: warming up`);
    const warmAt = performance.now() + plan.warmUpSeconds * 1_000;
    for (let turn = 0; performance.now() < warmAt; turn += 1) await stretch(turn % 2);
    for (let pair = 0; pair < plan.pairsPerRound; pair += 1) {
      say(`round ${round + 1} of ${plan.rounds}: pair ${pair + 1} of ${plan.pairsPerRound}`);
      const stretches: Stretch[] = [];
      for (const at of pair % 2 === 0 ? [0, 1] : [1, 0]) stretches[at] = await stretch(at);
      pairs.push({ protected: stretches[0]!, unprotected: stretches[1]! });
    }
    clients.close();
    await account.stop();
  }
  return pairs;
}

/** Saturates a service. */
export async function measureStretch(service: ServiceProcess, load: Clients, seconds: number, signal: AbortSignal) {
  const before = service.processorMs();
  const result = await load.saturate(seconds, signal);
  const after = service.processorMs();
  const took = before === undefined || after === undefined ? undefined : after - before;
  return {
    perSecond: result.opened / result.seconds,
    /** Processor time per opened account; undefined where the platform does not report it. */
    processorMsEach: took && took / result.opened,
    /** The share of one processor that the service used. */
    busy: took && took / (result.seconds * 1_000),
    /** Requests without a 201. */
    others: result.others,
  };
}
