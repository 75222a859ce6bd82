import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pipeline, pipeline } from './pipeline.ts';
import type { CallContext, Policy, ProtectedCall } from './policy.ts';

const outage = new Error('outage');

/** What a policy may do to a call, all of it seen in the journal. */
type Behaviour = 'pass' | 'repeat' | 'refuse' | 'recover' | 'number';

class Scripted implements Policy {
  readonly name: string;
  readonly #behaviour: Behaviour;
  readonly #journal: string[];

  constructor(name: string, behaviour: Behaviour, journal: string[]) {
    this.name = name;
    this.#behaviour = behaviour;
    this.#journal = journal;
  }

  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const { signal, attempt = 1 } = context ?? {};
    const given = { signal: signal ?? new AbortController().signal, attempt };
    this.#journal.push(`${this.name} ${this.#behaviour} ${attempt}`);
    if (this.#behaviour === 'refuse') throw outage;
    if (this.#behaviour === 'recover') return (async () => call(given))().catch(() => 'recovered' as T);
    if (this.#behaviour === 'repeat') await call(given);
    return call({ ...given, attempt: this.#behaviour === 'number' ? attempt + 1 : attempt });
  }
}

const behaviours = fc.array(fc.constantFrom<Behaviour[]>('pass', 'pass', 'number', 'repeat', 'recover', 'refuse'), {
  maxLength: 5,
});
const endings = fc.constantFrom('well', 'at once badly', 'badly');

/** What a caller and the call itself see of a pipeline. */
async function observe(
  behaviours: readonly Behaviour[],
  ending: string,
  assemble: (policies: readonly Policy[]) => Pick<Pipeline, 'execute'>,
): Promise<unknown> {
  const journal: string[] = [];
  const policies = behaviours.map((behaviour, at) => new Scripted(`policy ${at}`, behaviour, journal));
  const { signal } = new AbortController();
  const result = await assemble(policies)
    .execute(
      (context) => {
        journal.push(`call ${context.attempt} ${context.signal === signal}`);
        if (ending === 'at once badly') throw outage;
        return ending === 'badly' ? Promise.reject(outage) : 'answer';
      },
      { signal, attempt: 3 },
    )
    .catch((error: unknown) => error);
  return { journal, result };
}

describe('Pipelines', () => {
  it('of no policies are the identity: on the left, on the right, and around a bare call', async () => {
    const empty = pipeline('empty', []);
    await fc.assert(
      fc.asyncProperty(behaviours, endings, async (given, ending) => {
        const plain = await observe(given, ending, (policies) => pipeline('customer', policies));

        expect(await observe(given, ending, (policies) => pipeline('left', [empty, ...policies]))).toStrictEqual(plain);
        expect(await observe(given, ending, (policies) => pipeline('right', [...policies, empty]))).toStrictEqual(
          plain,
        );
        expect(await observe([], ending, () => empty)).toStrictEqual(
          await observe([], ending, () => ({ execute: async (call, context) => call(context as CallContext) })),
        );
      }),
    );
  });

  it('may be nested in any way: only the order of the policies counts', async () => {
    await fc.assert(
      fc.asyncProperty(behaviours, endings, fc.nat(5), fc.nat(5), async (given, ending, from, to) => {
        const flat = await observe(given, ending, (policies) => pipeline('customer', policies));

        const nested = await observe(given, ending, (policies) => {
          const inner = pipeline('inner', policies.slice(from, Math.max(from, to)));
          return pipeline('outer', [...policies.slice(0, from), inner, ...policies.slice(Math.max(from, to))]);
        });

        expect(nested).toStrictEqual(flat);
      }),
    );
  });

  it('are what the policies give when they are written inside each other by hand', async () => {
    await fc.assert(
      fc.asyncProperty(behaviours, endings, async (given, ending) => {
        const byHand = await observe(given, ending, (policies) => {
          const wrap =
            (at: number, call: ProtectedCall<never>): ProtectedCall<never> =>
            (context) => {
              const policy = policies[at];
              return policy === undefined ? call(context) : policy.execute(wrap(at + 1, call), context);
            };
          return { execute: async (call, context) => wrap(0, call as ProtectedCall<never>)(context as CallContext) };
        });

        expect(await observe(given, ending, (policies) => pipeline('customer', policies))).toStrictEqual(byHand);
      }),
    );
  });
});
