import { setTimeout as delay } from 'node:timers/promises';
import type { Faults } from '@breakwater/contracts';
import type { LocalSystem } from '@breakwater/system-runner';
import type { Edge, Ends, NetworkFault } from '@breakwater/system-runner/network';

/** Records what happened when, for the output of a failed test. */
export class Timeline {
  readonly #startedAt = performance.now();
  readonly #entries: string[] = [];

  note(event: string): void {
    const elapsed = (performance.now() - this.#startedAt) / 1_000;
    this.#entries.push(`${elapsed.toFixed(1).padStart(6)} s  ${event}`);
  }

  toString(): string {
    return this.#entries.join('\n');
  }
}

/** A failure of one part, and its end. */
interface Disruption {
  readonly title: string;
  readonly begin: (system: LocalSystem) => unknown;
  readonly end: (system: LocalSystem) => unknown;
}

const seconds = (count: number): Promise<void> => delay(count * 1_000);

const customerFault = (title: string, faults: Faults): Disruption => ({
  title,
  begin: (system) => system.setCustomerFaults(faults),
  end: (system) => system.setCustomerFaults({}),
});

const killed = (name: string): Disruption => ({
  title: `${name} is killed`,
  begin: (system) => system.replica(name).kill(),
  end: (system) => system.replica(name).restart(),
});

const network = (title: string, edge: Edge, fault: NetworkFault, only: Ends = {}): Disruption => ({
  title,
  begin: (system) => system.network.inject(edge, fault, only),
  end: (system) => system.network.heal(),
});

const partition = (direction: 'to-server' | 'to-client' | 'both') => ({ kind: 'partition', direction }) as const;

export const disruptions: readonly Disruption[] = [
  customerFault('customer is slow', { latency: '1500ms' }),
  customerFault('customer hangs', { hang: { rate: 1 } }),
  customerFault('half of the calls to customer fail', { errors: [{ status: 503, rate: 0.5 }] }),
  killed('account-1'),
  killed('customer-1'),
  {
    title: 'PostgreSQL crashes',
    begin: ({ database }) => database.stop(),
    end: ({ database }) => database.start(),
  },
  {
    title: 'PostgreSQL crashes, and account-2 is killed while it starts',
    begin: ({ database }) => database.stop(),
    end: async (system) => {
      const starting = system.database.start();
      await system.replica('account-2').kill();
      await starting;
      await system.replica('account-2').restart();
    },
  },
  network('account-1 is cut off from PostgreSQL', 'account-database', partition('both'), { from: 'account-1' }),
  // What it commits is stored, and it does not know.
  network('the responses of PostgreSQL to account-2 are lost', 'account-database', partition('to-client'), {
    from: 'account-2',
  }),
  network('account-1 is cut off from customer', 'account-customer', partition('both'), { from: 'account-1' }),
  network('the responses of account-2 are lost', 'gateway-account', partition('to-client'), { to: 'account-2' }),
  network('connections to PostgreSQL are reset', 'account-database', { kind: 'reset' }),
  {
    title: 'account-1 is frozen in the middle of transactions',
    begin: async (system) => {
      // Statements are on their way then.
      system.network.inject('account-database', { kind: 'latency', ms: 250 }, { from: 'account-1' });
      await seconds(1);
      system.replica('account-1').freeze();
      system.network.heal();
    },
    end: (system) => system.replica('account-1').thaw(),
  },
  {
    title: 'customer-2 is frozen',
    begin: (system) => system.replica('customer-2').freeze(),
    end: (system) => system.replica('customer-2').thaw(),
  },
  {
    title: 'PostgreSQL is frozen',
    begin: ({ database }) => database.freeze(),
    end: ({ database }) => database.thaw(),
  },
];

export interface DisruptionPace {
  /** How long each disruption lasts, and the pause after it. */
  readonly disruptedSeconds: number;
  readonly pauseSeconds: number;
  /** All disruptions happen once, and again until this time has passed. Default: once. */
  readonly totalSeconds?: number;
}

/** Lets every part fail, one after the other, in an order that `random` determines. @returns the number of disruptions */
export async function disrupt(
  system: LocalSystem,
  timeline: Timeline,
  random: () => number,
  { disruptedSeconds, pauseSeconds, totalSeconds = 0 }: DisruptionPace,
): Promise<number> {
  const end = performance.now() + totalSeconds * 1_000;
  let count = 0;
  do {
    for (const disruption of shuffled(disruptions, random)) {
      await seconds(pauseSeconds);
      timeline.note(disruption.title);
      let hasBegun = true;
      try {
        await disruption.begin(system);
      } catch (error) {
        hasBegun = false;
        timeline.note(`it has not begun: ${String(error)}`);
      }
      if (hasBegun) await seconds(disruptedSeconds);
      await endOf(disruption, system, timeline);
      if (hasBegun) count += 1;
    }
  } while (performance.now() < end);
  await seconds(pauseSeconds);
  return count;
}

/** On a busy machine a process may not be ready in time; it is then started once more. @throws Error after the third attempt */
async function endOf({ end }: Disruption, system: LocalSystem, timeline: Timeline): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await end(system);
      timeline.note('it has ended');
      return;
    } catch (error) {
      if (attempt === 3) throw error;
      timeline.note(`it has not ended: ${String(error)}`);
    }
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}
