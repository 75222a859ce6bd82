/* oxlint-disable no-restricted-imports -- the command runs in Node.js */
import { writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type ConfigFile, ConfigFileError } from '../config/config-text.ts';
import { readConfigFile, readConfigFiles } from '../config/config-file.ts';
import type { Environment } from '../config/placeholders.ts';
import { parseDuration } from '../core/duration.ts';
import { ResilienceError } from '../core/errors.ts';
import { diagnose } from './diagnose.ts';
import { type Instance, instancesIn } from './instance.ts';
import { type AnyFinding, findingsAsJson, findingsAsText, type Paint, plain } from './report.ts';
import { type Outage, readOutage } from './simulation/outage.ts';
import { simulate, type Simulation } from './simulation/simulate.ts';
import { simulationAsText, summarize } from './simulation/simulation-report.ts';
import { stormFindings } from './storm/storm-findings.ts';
import type { StormJob } from './storm/storm-job.ts';
import { type RunPoints, runHere, type StormSurvey, surveyStorms } from './storm/storm-map.ts';
import { stormAsData, stormAsText } from './storm/storm-report.ts';
import { defaultSettings, type StormSettings, stormSettings } from './storm/storm-settings.ts';
import { stormAsHtml, stormMapAsSvg } from './storm/storm-svg.ts';
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
  --storm             draw a map of loads and triggers, after which the system recovers or stays down
  --json              print for programs
  --help              print this

With --storm (defaults, or an example in parentheses):

${stormSettings.map(({ option, example, text }) => `  --${option.padEnd(16)}  ${text} (${example})`).join('\n')}
  --output            write the map to a file: map.svg or map.html

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
  /** Simulates the points of a storm's map in other threads; in this one by default. */
  readonly workers?: (job: StormJob) => { readonly run: RunPoints; end(): Promise<unknown> };
  /** Shows how much is done; a later text replaces an earlier one. Not shown by default. */
  progress?(text: string): void;
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
  readonly storm: StormSettings | undefined;
  /** Where to write the map of storms. */
  readonly output: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

async function examine(options: Options, terminal: DoctorTerminal): Promise<number> {
  const { folder = process.cwd(), paint = plain, env = process.env } = terminal;
  const files = await readConfigFiles(options.files.map((file) => resolve(folder, file)));
  const found = instancesIn(files, env);
  for (const warning of found.warnings) terminal.err(`${warning}\n`);
  const instances = chosen(found.instances, options);

  const outage = options.simulate === undefined ? undefined : await readOutageFile(resolve(folder, options.simulate));
  const simulated = outage && withTraffic(outage, options.traffic);
  const traffic = simulated === undefined ? options.traffic : { ...trafficOf(simulated), ...options.traffic };

  const simulations: Simulation[] = [];
  if (simulated !== undefined) for (const instance of instances) simulations.push(await simulate(instance, simulated));
  const surveys: StormSurvey[] = [];
  for (const instance of options.storm === undefined ? [] : instances)
    surveys.push(await survey(instance, options.storm!, files, terminal));
  const findings: readonly AnyFinding[] = [...diagnose(instances, traffic), ...surveys.flatMap(stormFindings)];

  if (options.json) {
    const summaries = simulations.map((simulation) => summarize(simulation, simulated!));
    const others = {
      ...(simulated !== undefined && { simulations: summaries }),
      ...(options.storm !== undefined && { storms: surveys.map(stormAsData) }),
    };
    terminal.out(`${findingsAsJson(findings, others)}\n`);
  } else {
    terminal.out(`${findingsAsText(instances, findings, paint)}\n`);
    for (const simulation of simulations) terminal.out(`\n${simulationAsText(simulation, simulated!, paint)}`);
    for (const each of surveys) terminal.out(`\n${stormAsText(each, paint)}`);
  }
  if (options.output !== undefined) await writeMap(resolve(folder, options.output), surveys);
  return findings.some(({ severity }) => severity === 'error') ? exitCodes.errorsFound : exitCodes.success;
}

async function survey(
  instance: Instance,
  settings: StormSettings,
  files: readonly ConfigFile[],
  terminal: DoctorTerminal,
): Promise<StormSurvey> {
  const { env = process.env } = terminal;
  const { model } = settings;
  const isSinglePoint = settings.load !== undefined && settings.trigger.size !== undefined;
  const workers = isSinglePoint
    ? undefined
    : terminal.workers?.({ files, env: { ...env }, name: instance.name, model });
  try {
    return await surveyStorms(instance, settings, workers?.run ?? runHere({ instance, model }), (done, of, phase) => {
      terminal.progress?.(`${instance.name}: ${phase}: ${done} of ${of}`);
    });
  } finally {
    terminal.progress?.('');
    await workers?.end();
  }
}

/** @throws UsageError if the file's kind is not known */
async function writeMap(path: string, surveys: readonly StormSurvey[]): Promise<void> {
  const [survey, ...others] = surveys;
  if (survey === undefined || others.length > 0) {
    throw new UsageError('--output writes the map of one instance: choose it with --instance.');
  }
  const { instance, map } = survey;
  const isSvg = extname(path) === '.svg';
  await writeFile(path, isSvg ? stormMapAsSvg(map, `Storms of ${instance.name}`) : stormAsHtml(survey));
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
  if (values['help'] !== true && positionals.length === 0)
    throw new UsageError('FILE is missing, e.g. resilience.yml.');
  const text = (option: string) => values[option] as string | undefined;
  const duration = (value: string) => positive(parseDuration(value));
  const whole = (value: string) => (/^\d+$/.test(value.trim()) ? positive(Number(value)) : undefined);
  const traffic: Traffic = {
    ...read('ratePerSecond', '--rate', text('rate'), parseRate, 'a rate above 0 such as 0.5/s or 30/min'),
    ...read('latencyMs', '--latency', text('latency'), duration, 'a duration above 0 such as 2s or 500ms'),
    ...read('concurrency', '--concurrency', text('concurrency'), whole, 'a whole number of at least 1'),
    ...read('callerDeadlineMs', '--deadline', text('deadline'), duration, 'a duration above 0 such as 3s'),
  };
  return {
    files: positionals,
    traffic,
    names: (values['instance'] ?? []) as readonly string[],
    simulate: values['simulate'] as string | undefined,
    ...readStorm(values),
    json: values['json'] === true,
    help: values['help'] === true,
  };
}

/** @throws UsageError for a value that is not allowed, and for an option of storms without `--storm` */
function readStorm(values: Values): Pick<Options, 'storm' | 'output'> {
  const given = stormSettings.flatMap((setting) => {
    const value = values[setting.option];
    return typeof value === 'string' ? [{ setting, value }] : [];
  });
  if (values['storm'] !== true) {
    const [first = values['output'] === undefined ? undefined : { setting: { option: 'output' } }] = given;
    if (first !== undefined) throw new UsageError(`--${first.setting.option} needs --storm.`);
    return { storm: undefined, output: undefined };
  }
  const storm = given.reduce((settings, { setting, value }) => {
    const applied = setting.apply(settings, value);
    if (applied !== undefined) return applied;
    throw new UsageError(`--${setting.option} is '${value}'; allowed: ${setting.allowed}.`);
  }, defaultSettings);
  const output = values['output'] as string | undefined;
  if (output !== undefined && !['.svg', '.html'].includes(extname(output))) {
    throw new UsageError(`--output is '${output}'; allowed: a name that ends with .svg or .html.`);
  }
  return { storm, output };
}

type Values = Readonly<Record<string, unknown>>;

function parsed(args: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] } {
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
        storm: { type: 'boolean' },
        output: { type: 'string' },
        ...Object.fromEntries(stormSettings.map(({ option }) => [option, { type: 'string' as const }])),
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
