import type { AccountProcess } from './account-process.ts';
import { saturate } from './load.ts';
import type { Arm, Room } from './room.ts';

/** How long to look, and how often. */
export interface SaturationPlan {
  /** New processes each time: one process may be quicker than another of the same code, for as long as it lives. */
  readonly rounds: number;
  readonly pairsPerRound: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What account did in one stretch at saturation. */
export interface Stretch {
  readonly perSecond: number;
  /** The processor time that account took for each account that it opened. Undefined where the machine doesn't say. */
  readonly processorMsEach: number | undefined;
  /** How much of one processor account had. */
  readonly busy: number | undefined;
  /** Requests that were not answered with 201. */
  readonly others: number;
}

/** The two arms, one right after the other. */
export type StretchPair = Readonly<Record<Arm, Stretch>>;

/**
 * Two accounts, with and without what protects them, at saturation in turns: A B, B A, A B … Whatever the machine does in the
 * meantime, it does to both.
 */
export async function measureSaturation(
  room: Room,
  plan: SaturationPlan,
  arms: readonly [Arm, Arm],
  say: (what: string) => void,
): Promise<StretchPair[]> {
  const pairs: StretchPair[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    const accounts = await Promise.all(arms.map((arm) => room.start(arm)));
    for (const account of accounts) await account.ready(room.signal);
    say(`round ${round + 1} of ${plan.rounds}: warming up`);
    for (const account of accounts) await saturate(account.url, plan.warmUpSeconds, room.signal);
    for (let pair = 0; pair < plan.pairsPerRound; pair += 1) {
      say(`round ${round + 1} of ${plan.rounds}: pair ${pair + 1} of ${plan.pairsPerRound}`);
      const order = pair % 2 === 0 ? [0, 1] : [1, 0];
      const stretches: Stretch[] = [];
      for (const at of order) stretches[at] = await measureStretch(accounts[at]!, plan.seconds, room.signal);
      pairs.push({ protected: stretches[0]!, unprotected: stretches[1]! });
    }
    for (const account of accounts) await account.stop();
  }
  return pairs;
}

async function measureStretch(account: AccountProcess, seconds: number, signal: AbortSignal): Promise<Stretch> {
  const before = account.processorMs;
  const result = await saturate(account.url, seconds, signal);
  const after = account.processorMs;
  const took = before === undefined || after === undefined ? undefined : after - before;
  return {
    perSecond: result.opened / result.seconds,
    processorMsEach: took && took / result.opened,
    busy: took && took / (result.seconds * 1_000),
    others: Object.values(result.others).reduce((sum, each) => sum + each, 0),
  };
}
