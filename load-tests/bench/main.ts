/**
 * `npm run bench -w load-tests`: measures the cost of account's pipeline, its event-loop lag and its cold start.
 * See `--help`.
 */
import { cpus, totalmem } from 'node:os';
import { describeFailure, UsageError } from '@breakwater/system-runner';
import { progressOn } from '@breakwater/system-runner/progress';
import { measureColdStart } from './cold-start.ts';
import { measureLag } from './event-loop-lag.ts';
import { measureMemory } from './memory.ts';
import { type BenchOptions, type Command, parseOptions, usage } from './options.ts';
import { randomFrom } from './paired-comparison.ts';
import { asText } from './report.ts';
import { type BenchEnvironment, openEnvironment } from './environment.ts';
import { measureSaturation } from './saturation.ts';
import { measureWatching } from './watching.ts';
import { measureProtection } from './services/protection.ts';
import { measureServices } from './services/comparison.ts';
import { costOf, judge, type Measured } from './verdict.ts';

const exitCodes = { passed: 0, failed: 1, usage: 2, invalid: 4, interrupted: 130 } as const;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(command: Command): Promise<number> {
  if (command.kind === 'help') {
    print(usage.trimEnd());
    return exitCodes.passed;
  }
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort());
  const startedAt = new Date().toISOString();
  const progress = progressOn(process.stderr);
  let environment: BenchEnvironment | undefined;
  try {
    progress.say('compiling the services, starting PostgreSQL');
    environment = await openEnvironment(interruption.signal);
    const measured = await measure(environment, command, (what) => progress.say(what));
    const verdict = judge(measured, command.targets);
    progress.clear();
    print(
      command.json
        ? JSON.stringify({ startedAt, machine: machineOf(environment), ...measured, ...verdict }, undefined, 2)
        : asText(measured, verdict),
    );
    if (verdict.invalid !== undefined) return exitCodes.invalid;
    return verdict.isPassed ? exitCodes.passed : exitCodes.failed;
  } catch (error) {
    if (interruption.signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    progress.clear();
    await environment?.close();
  }
}

async function measure(
  environment: BenchEnvironment,
  { measurements, plan, isControl }: BenchOptions,
  say: (what: string) => void,
): Promise<Measured> {
  const wants = new Set(measurements);
  // First, while the machine is still idle.
  const coldStart = wants.has('cold-start') ? await measureColdStart(environment, plan.starts, say) : undefined;
  const arms = [isControl ? 'unprotected' : 'protected', 'unprotected'] as const;
  const pipeline = wants.has('pipeline')
    ? costOf(await measureSaturation(environment, plan.saturation, arms, say))
    : undefined;
  const lag = wants.has('lag') ? await measureLag(environment, plan.lag, randomFrom(2), say) : undefined;
  const services = wants.has('services') ? await measureServices(environment, plan.comparison, say) : undefined;
  const protection = wants.has('protection') ? await measureProtection(environment, plan.protection, say) : undefined;
  const memory = wants.has('memory') ? await measureMemory(plan.memory, environment.signal, say) : undefined;
  const watching = wants.has('watching') ? await measureWatching(plan.watching, environment.signal, say) : undefined;
  return { pipeline, lag, coldStart, services, protection, memory, watching };
}

function machineOf({ processors }: BenchEnvironment) {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const [first] = cpus();
  return {
    description: `${cpus().length} × ${first?.model ?? 'unknown'}, ${gigabytes} GB of memory, ${process.platform} ${process.arch}`,
    node: process.version,
    processors: processors.description,
  };
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(describeFailure(error, 'npm run bench -w load-tests'));
  process.exitCode = error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}
