import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { SpecificationInput } from './specification-input.ts';

const require = createRequire(import.meta.url);
const runNode = promisify(execFile);
const quint = '@informalsystems/quint/dist/src';
const specification = fileURLToPath(new URL('circuit-breaker.qnt', import.meta.url));

interface Either<T> {
  isLeft(): boolean;
  readonly value: T;
}

type RuntimeValue = { toInt(): bigint; toArrow(): (context: unknown, values: RuntimeValue[]) => Either<RuntimeValue> };

interface Stage {
  readonly table: unknown;
  readonly modules: readonly { readonly name: string; readonly declarations: readonly { readonly name: string }[] }[];
}

/** The parts of Quint's simulator that evaluate a function of a specification. They are internal, so its version is exact. */
interface Simulator {
  load(options: { readonly input: string }): Promise<Either<unknown>>;
  parse(loaded: unknown): Promise<Either<Stage>>;
  Evaluator: new (table: unknown, recorder: unknown, random: unknown) => { builder: unknown; ctx: unknown };
  buildDef(builder: unknown, definition: unknown): (context: unknown) => Either<RuntimeValue>;
  newTraceRecorder(verbosity: number, random: unknown): unknown;
  newRng(seed: bigint): unknown;
  rv: {
    mkInt(value: number): RuntimeValue;
    mkStr(value: string): RuntimeValue;
    mkBool(value: boolean): RuntimeValue;
    mkList(values: readonly RuntimeValue[]): RuntimeValue;
    mkTuple(values: readonly RuntimeValue[]): RuntimeValue;
    mkRecord(fields: readonly (readonly [string, RuntimeValue])[]): RuntimeValue;
  };
}

/** Returns the number of the first step that the specification does not allow, from 1; 0 when it allows all. */
export type FirstRejected = (input: SpecificationInput) => number;

/** Loads the specification, once for many traces. */
export async function loadSpecification(): Promise<FirstRejected> {
  const parts = ['cliCommands', 'runtime/impl/evaluator', 'runtime/impl/builder', 'runtime/trace', 'rng'];
  const { rv, ...simulator } = Object.assign(
    { rv: undefined },
    ...[...parts, 'runtime/impl/runtimeValue'].map((part) => require(`${quint}/${part}.js`) as object),
  ) as Simulator;
  const { table, modules } = right(await simulator.parse(right(await simulator.load({ input: specification }))));
  const definition = modules
    .find(({ name }) => name === 'circuitBreaker')
    ?.declarations.find(({ name }) => name === 'firstRejected');
  const random = simulator.newRng(1n);
  const { builder, ctx } = new simulator.Evaluator(table, simulator.newTraceRecorder(0, random), random);
  const firstRejected = right(simulator.buildDef(builder, definition)(ctx)).toArrow();

  const toQuint = (value: unknown): RuntimeValue => {
    if (typeof value === 'string') return rv.mkStr(value);
    if (typeof value === 'number') return rv.mkInt(value);
    if (typeof value === 'boolean') return rv.mkBool(value);
    if (Array.isArray(value)) return rv.mkList(value.map(toQuint));
    const fields = value as Readonly<Record<string, unknown>>;
    if ('tuple' in fields) return rv.mkTuple((fields['tuple'] as readonly unknown[]).map(toQuint));
    return rv.mkRecord(Object.entries(fields).map(([name, each]) => [name, toQuint(each)] as const));
  };
  return ({ config, initialState, startsAt, steps }) =>
    Number(right(firstRejected(ctx, [config, initialState, startsAt, steps].map(toQuint))).toInt());
}

/** What a simulation found. */
export interface Simulation {
  /** Whether the invariant holds in every state of the random executions. */
  readonly holds: boolean;
  readonly output: string;
}

/**
 * Simulates random executions of a module.
 *
 * @param main `strict` or `anonymous`
 */
export async function simulate(main: string, invariant: string, samples: number, seed: number): Promise<Simulation> {
  const options = {
    main,
    invariant,
    'max-samples': samples,
    'max-steps': 30,
    seed,
    backend: 'typescript',
    verbosity: 2,
  };
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const args = [require.resolve(`${quint}/cli.js`), 'run', ...flags, specification];
  try {
    const { stdout } = await runNode(process.execPath, args, { maxBuffer: 2 ** 26 });
    return { holds: true, output: stdout };
  } catch (error) {
    const { stdout = '' } = error as { readonly stdout?: string };
    // Any other failure is one of the tool.
    if (!stdout.includes('[violation]')) throw error;
    return { holds: false, output: stdout };
  }
}

function right<T>(either: Either<T>): T {
  if (!either.isLeft()) return either.value;
  throw new Error(`Quint refuses the specification: ${JSON.stringify(either.value, undefined, 2).slice(0, 2_000)}`);
}
