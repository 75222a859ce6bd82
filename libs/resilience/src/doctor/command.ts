import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigFileError } from '../config/config-file.error.ts';
import { readConfigFile } from '../config/config-file.ts';
import type { Environment } from '../config/placeholders.ts';
import { parseDuration } from '../core/duration.ts';
import { ResilienceError } from '../core/errors.ts';
import { diagnose } from './diagnose.ts';
import type { Instance } from './instance.ts';
import { instancesInFiles } from './instances-in-files.ts';
import { type Paint, plain } from './paint.ts';
import { parseRate } from './rate.ts';
import { findingsAsJson, findingsAsText } from './report.ts';
import { type Outage, readOutage } from './simulation/outage.ts';
import { simulate } from './simulation/simulate.ts';
import { simulationAsText } from './simulation/simulation-report.ts';
import { summarize } from './simulation/simulation-summary.ts';
import type { Traffic } from './traffic.ts';

/** Exit codes: nothing of severity error; something of it; not understood, or a file that cannot be used. */
const isWell = 0;
const isIll = 1;
const isNotUnderstood = 2;

const usage = `Usage: doctor FILE... [options]

Explains the instances of a resilience.yml, and finds what can never do what was meant.
Of several files a later one is laid over an earlier one.

  --rate 0.5/s        how many calls come, evenly spread (also 30/min, 1000/h)
  --latency 2s        how long the dependency takes for one
  --concurrency 1     how many callers there are, each with one call after the other
  --deadline 3s       how long a caller waits for its answer
  --instance NAME     look at this one alone (may be given several times)
  --simulate FILE     play the outage that FILE describes, in virtual time
  --json              print for programs
  --help              print this

Exit code: 0 when nothing of severity error was found, 1 when something was, 2 when FILE or options cannot be used.
`;

/** Where the command reads and writes. */
export interface DoctorTerminal {
  out(text: string): void;
  /** Beside the result: warnings, and why there is no result. */
  err(text: string): void;
  /** What relative paths are relative to; the working directory by default. */
  readonly folder?: string;
  /** Colours and weights for people; none by default. */
  readonly paint?: Paint;
  /** The environment that files may refer to, and that overrides them; `process.env` by default. */
  readonly env?: Environment;
}

/** The command's arguments cannot be understood. */
class UsageError extends Error {}

/**
 * The doctor as a command.
 *
 * @param args what was typed after the command's name
 * @returns the exit code
 */
export async function runDoctor(args: readonly string[], terminal: DoctorTerminal): Promise<number> {
  try {
    const options = readArguments(args);
    if (options.help) {
      terminal.out(usage);
      return isWell;
    }
    return await examine(options, terminal);
  } catch (error) {
    if (error instanceof UsageError) terminal.err(`${error.message}\n\n${usage}`);
    else if (error instanceof ResilienceError || error instanceof RangeError) terminal.err(`${error.message}\n`);
    else throw error;
    return isNotUnderstood;
  }
}

interface Options {
  readonly files: readonly string[];
  readonly traffic: Traffic;
  readonly names: readonly string[];
  readonly simulate: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

async function examine(options: Options, terminal: DoctorTerminal): Promise<number> {
  const { folder = process.cwd(), paint = plain, env = process.env } = terminal;
  const found = await instancesInFiles(
    options.files.map((file) => resolve(folder, file)),
    env,
  );
  for (const warning of found.warnings) terminal.err(`${warning}\n`);
  const instances = chosen(found.instances, options);

  const outage = options.simulate === undefined ? undefined : await readOutageFile(resolve(folder, options.simulate));
  const played = outage && withTraffic(outage, options.traffic);
  const traffic = played === undefined ? options.traffic : { ...trafficOf(played), ...options.traffic };
  const findings = diagnose(instances, traffic);

  const simulations = played === undefined ? [] : await simulateAll(instances, played);
  if (options.json) {
    const summaries = simulations.map((simulation) => summarize(simulation, played!));
    terminal.out(`${findingsAsJson(findings, played === undefined ? {} : { simulations: summaries })}\n`);
  } else {
    terminal.out(`${findingsAsText(instances, findings, paint)}\n`);
    for (const simulation of simulations) terminal.out(`\n${simulationAsText(simulation, played!, paint)}`);
  }
  return findings.some(({ severity }) => severity === 'error') ? isIll : isWell;
}

function chosen(instances: readonly Instance[], { names, files }: Options): readonly Instance[] {
  const known = instances.map(({ name }) => name);
  if (known.length === 0) throw new UsageError(`There is no instance in ${files.join(', ')}.`);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`There is no instance '${unknown}'; there is ${known.join(', ')}.`);
  return names.length === 0 ? instances : instances.filter(({ name }) => names.includes(name));
}

async function simulateAll(
  instances: readonly Instance[],
  outage: Outage,
): Promise<Awaited<ReturnType<typeof simulate>>[]> {
  const simulations = [];
  for (const instance of instances) simulations.push(await simulate(instance, outage));
  return simulations;
}

async function readOutageFile(path: string): Promise<Outage> {
  const { documents, label } = await readConfigFile(path);
  if (documents.length !== 1) throw new ConfigFileError(path, `${label} must hold one YAML document with a timeline.`);
  return readOutage(`The outage in ${label}`, documents[0]);
}

/** What was typed wins over what the file says. */
function withTraffic(outage: Outage, { ratePerSecond, concurrency, callerDeadlineMs }: Traffic): Outage {
  return {
    ...outage,
    ratePerSecond: ratePerSecond ?? outage.ratePerSecond,
    concurrency: concurrency ?? outage.concurrency,
    callerDeadlineMs: callerDeadlineMs ?? outage.callerDeadlineMs,
  };
}

function trafficOf({ ratePerSecond, concurrency, callerDeadlineMs }: Outage): Traffic {
  return { ratePerSecond, concurrency, callerDeadlineMs };
}

function readArguments(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  if (values.help !== true && positionals.length === 0) throw new UsageError('Which file? e.g. resilience.yml');
  const duration = (value: string) => positive(parseDuration(value));
  const whole = (value: string) => (/^\d+$/.test(value.trim()) ? positive(Number(value)) : undefined);
  const traffic: Traffic = {
    ...read('ratePerSecond', '--rate', values.rate, parseRate, 'a rate above 0 such as 0.5/s or 30/min'),
    ...read('latencyMs', '--latency', values.latency, duration, 'a duration above 0 such as 2s or 500ms'),
    ...read('concurrency', '--concurrency', values.concurrency, whole, 'a whole number of at least 1'),
    ...read('callerDeadlineMs', '--deadline', values.deadline, duration, 'a duration above 0 such as 3s'),
  };
  return {
    files: positionals,
    traffic,
    names: values.instance ?? [],
    simulate: values.simulate,
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rate: { type: 'string' },
        latency: { type: 'string' },
        concurrency: { type: 'string' },
        deadline: { type: 'string' },
        instance: { type: 'string', multiple: true },
        simulate: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function read<K extends keyof Traffic>(
  key: K,
  option: string,
  value: string | undefined,
  parse: (value: string) => number | undefined,
  allowed: string,
): { readonly [P in K]?: number } {
  if (value === undefined) return {};
  const number = parse(value);
  if (number === undefined) throw new UsageError(`${option} is '${value}'; allowed: ${allowed}.`);
  return { [key]: number } as { readonly [P in K]?: number };
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
