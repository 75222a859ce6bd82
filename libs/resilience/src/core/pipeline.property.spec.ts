import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pipeline, pipeline } from './pipeline.ts';
import type { CallContext, Policy, ProtectedCall } from './policy.ts';

const outage = new Error('outage');

/** What a policy does with a call. It records that in the log. */
type Behaviour = 'pass' | 'repeat' | 'refuse' | 'recover' | 'nextAttempt';

class ScriptedPolicy implements Policy {
  readonly name: string;
  readonly #behaviour: Behaviour;
  readonly #log: string[];

  constructor(name: string, behaviour: Behaviour, log: string[]) {
    this.name = name;
    this.#behaviour = behaviour;
    this.#log = log;
  }

  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const { signal, attempt = 1 } = context ?? {};
    const given = { signal: signal ?? new AbortController().signal, attempt };
    this.#log.push(`${this.name} ${this.#behaviour} ${attempt}`);
    if (this.#behaviour === 'refuse') throw outage;
    if (this.#behaviour === 'recover') return (async () => call(given))().catch(() => 'recovered' as T);
    if (this.#behaviour === 'repeat') await call(given);
    return call({ ...given, attempt: this.#behaviour === 'nextAttempt' ? attempt + 1 : attempt });
  }
}

const behaviours = fc.array(
  fc.constantFrom<Behaviour[]>('pass', 'pass', 'nextAttempt', 'repeat', 'recover', 'refuse'),
  { maxLength: 5 },
);
const outcomes = fc.constantFrom('success', 'throws', 'rejects');

/** Returns the log of a call under a pipeline, and its result. */
async function observe(
  behaviours: readonly Behaviour[],
  outcome: string,
  assemble: (policies: readonly Policy[]) => Pick<Pipeline, 'execute'>,
): Promise<unknown> {
  const log: string[] = [];
  const policies = behaviours.map((behaviour, index) => new ScriptedPolicy(`policy ${index}`, behaviour, log));
  const { signal } = new AbortController();
  const result = await assemble(policies)
    .execute(
      (context) => {
        log.push(`call ${context.attempt} ${context.signal === signal}`);
        if (outcome === 'throws') throw outage;
        return outcome === 'rejects' ? Promise.reject(outage) : 'response';
      },
      { signal, attempt: 3 },
    )
    .catch((error: unknown) => error);
  return { log, result };
}

describe('Pipelines', () => {
  it('without policies change nothing: as the first or last policy, and around a bare call', async () => {
    const empty = pipeline('empty', []);
    await fc.assert(
      fc.asyncProperty(behaviours, outcomes, async (given, outcome) => {
        const plain = await observe(given, outcome, (policies) => pipeline('customer', policies));

        expect(await observe(given, outcome, (policies) => pipeline('left', [empty, ...policies]))).toStrictEqual(
          plain,
        );
        expect(await observe(given, outcome, (policies) => pipeline('right', [...policies, empty]))).toStrictEqual(
          plain,
        );
        expect(await observe([], outcome, () => empty)).toStrictEqual(
          await observe([], outcome, () => ({ execute: async (call, context) => call(context as CallContext) })),
        );
      }),
    );
  });

  it('give the same result nested in any way: only the order of the policies matters', async () => {
    await fc.assert(
      fc.asyncProperty(behaviours, outcomes, fc.nat(5), fc.nat(5), async (given, outcome, from, to) => {
        const flat = await observe(given, outcome, (policies) => pipeline('customer', policies));

        const nested = await observe(given, outcome, (policies) => {
          const inner = pipeline('inner', policies.slice(from, Math.max(from, to)));
          return pipeline('outer', [...policies.slice(0, from), inner, ...policies.slice(Math.max(from, to))]);
        });

        expect(nested).toStrictEqual(flat);
      }),
    );
  });

  it('give the same result as nested calls of execute', async () => {
    await fc.assert(
      fc.asyncProperty(behaviours, outcomes, async (given, outcome) => {
        const nestedByHand = await observe(given, outcome, (policies) => {
          const wrap =
            (at: number, call: ProtectedCall<never>): ProtectedCall<never> =>
            (context) => {
              const policy = policies[at];
              return policy === undefined ? call(context) : policy.execute(wrap(at + 1, call), context);
            };
          return { execute: async (call, context) => wrap(0, call as ProtectedCall<never>)(context as CallContext) };
        });

        expect(await observe(given, outcome, (policies) => pipeline('customer', policies))).toStrictEqual(nestedByHand);
      }),
    );
  });
});
