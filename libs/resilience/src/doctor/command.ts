import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigFileError, readConfigFile } from '../config/config-file.ts';
import type { Environment } from '../config/placeholders.ts';
import { parseDuration } from '../core/duration.ts';
import { ResilienceError } from '../core/errors.ts';
import { diagnose } from './diagnose.ts';
import { type Instance, instancesInFiles } from './instance.ts';
import { findingsAsJson, findingsAsText, type Paint, plain } from './report.ts';
import { type Outage, readOutage } from './simulation/outage.ts';
import { simulate, type Simulation } from './simulation/simulate.ts';
import { simulationAsText, summarize } from './simulation/simulation-report.ts';
import { parseRate, type Traffic } from './traffic.ts';

const exitCodes = { success: 0, errorsFound: 1, unusable: 2 } as const;

const usage = `Usage: doctor FILE... [options]

Explains the instances of a resilience.yml or application.properties, and finds configurations that cannot work.
With several files, a later one overrides an earlier one.

  --rate 0.5/s        calls a second, evenly spread (also 30/min, 1000/h)
  --latency 2s        how long the dependency takes for a call
  --concurrency 1     the number of callers, each making one call after the other
  --deadline 3s       how long a caller waits for the response
  --instance NAME     examine only this instance (repeatable)
  --simulate FILE     simulate the outage that FILE describes, in virtual time
  --json              print for programs
  --help              print this

Exit code: 0 without findings of severity error, 1 with some, 2 if a file or an option cannot be used.
`;

/** The input and output of the command. */
export interface DoctorTerminal {
  /** Prints the result. */
  out(text: string): void;
  /** Prints warnings and errors. */
  err(text: string): void;
  /** The folder of relative paths; the working directory by default. */
  readonly folder?: string;
  /** Applies text styles; none by default. */
  readonly paint?: Paint;
  /** Environment variables, for placeholders in files and to override options; `process.env` by default. */
  readonly env?: Environment;
}

/** The command's arguments are invalid. */
class UsageError extends Error {}

/**
 * Runs the doctor's command.
 *
 * @param args the arguments after the command's name
 * @returns the exit code
 */
export async function runDoctor(args: readonly string[], terminal: DoctorTerminal): Promise<number> {
  try {
    const options = readArguments(args);
    if (options.help) {
      terminal.out(usage);
      return exitCodes.success;
    }
    return await examine(options, terminal);
  } catch (error) {
    if (error instanceof UsageError) terminal.err(`${error.message}\n\n${usage}`);
    else if (error instanceof ResilienceError || error instanceof RangeError) terminal.err(`${error.message}\n`);
    else throw error;
    return exitCodes.unusable;
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
  const simulated = outage && withTraffic(outage, options.traffic);
  const traffic = simulated === undefined ? options.traffic : { ...trafficOf(simulated), ...options.traffic };
  const findings = diagnose(instances, traffic);

  const simulations: Simulation[] = [];
  if (simulated !== undefined) for (const instance of instances) simulations.push(await simulate(instance, simulated));
  if (options.json) {
    const summaries = simulations.map((simulation) => summarize(simulation, simulated!));
    terminal.out(`${findingsAsJson(findings, simulated === undefined ? {} : { simulations: summaries })}\n`);
  } else {
    terminal.out(`${findingsAsText(instances, findings, paint)}\n`);
    for (const simulation of simulations) terminal.out(`\n${simulationAsText(simulation, simulated!, paint)}`);
  }
  return findings.some(({ severity }) => severity === 'error') ? exitCodes.errorsFound : exitCodes.success;
}

function chosen(instances: readonly Instance[], { names, files }: Options): readonly Instance[] {
  const known = instances.map(({ name }) => name);
  if (known.length === 0) throw new UsageError(`${files.join(', ')} defines no instance.`);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`There is no instance '${unknown}'; known instances: ${known.join(', ')}.`);
  return names.length === 0 ? instances : instances.filter(({ name }) => names.includes(name));
}

async function readOutageFile(path: string): Promise<Outage> {
  const { documents, label } = await readConfigFile(path);
  if (documents.length !== 1)
    throw new ConfigFileError(path, `${label} must contain one YAML document with a timeline.`);
  return readOutage(`The outage in ${label}`, documents[0]);
}

/** The command line overrides the file. */
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
  if (values.help !== true && positionals.length === 0) throw new UsageError('FILE is missing, e.g. resilience.yml.');
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
