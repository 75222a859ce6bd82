import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import { describeFailure } from '@breakwater/system-runner';
import { percentile } from '@breakwater/system-runner/percentiles';
import { k8sFolder } from '../kustomize/kustomize.ts';
import { clientNamespace, Cluster, namespace, priorityClass } from './cluster.ts';
import { type Command, parseOptions, usage } from './options.ts';
import { pictureOf } from './picture.ts';
import { factsOf, RefusedError, refuseExisting } from './preconditions.ts';
import type { ClusterFacts, StepResult } from './record.ts';
import { lineOf, markdownOf, type RunResult, summaryOf, usageByService } from './results.ts';
import { Run } from './run.ts';
import { perform, type Step } from './step.ts';
import { installation, steps } from './steps/index.ts';
import { removePrometheus } from './steps/monitoring.ts';
import { secondsOf } from './tally.ts';

/** `npm run cluster -w k8s`: checks the system on a real cluster. See `--help`. */
const exitCodes = { passed: 0, failed: 1, refused: 2, interrupted: 130 } as const;

/** No step starts later. */
const mostSeconds = 20 * 60;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(command: Command): Promise<number> {
  switch (command.kind) {
    case 'help':
      print(usage.trimEnd());
      return exitCodes.passed;
    case 'list':
      for (const { name, title } of [installation, ...steps]) print(`${name.padEnd(26)}${title}`);
      return exitCodes.passed;
    case 'run':
      return check(command);
  }
}

async function check(options: Command & { readonly kind: 'run' }): Promise<number> {
  const cluster = await Cluster.connect(options.context);
  try {
    await refuseExisting(cluster);
    const facts = await factsOf(cluster);
    print(`context ${cluster.context}: Kubernetes ${facts.version}, ${facts.nodes.length} node(s)\n`);
    return await checkAndRemove(cluster, facts, options);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    process.stderr.write(`✖ ${error.message}\n`);
    return exitCodes.refused;
  } finally {
    cluster.close();
  }
}

async function checkAndRemove(
  cluster: Cluster,
  facts: ClusterFacts,
  { isKept, steps: names, scaleDownSeconds, out = join(k8sFolder, 'results') }: Command & { readonly kind: 'run' },
): Promise<number> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort());
  const run = new Run(cluster, scaleDownSeconds);
  const interrupted = new Promise<'interrupted'>((resolve) =>
    interruption.signal.addEventListener('abort', () => resolve('interrupted')),
  );
  try {
    const chosen = [installation, ...steps.filter(({ name }) => names === undefined || names.includes(name))];
    const results: StepResult[] = [];
    const outcome = await Promise.race([interrupted, performAll(run, facts, chosen, results)]);
    const result = resultOf(run, facts, results);
    await write(result, resolve(out));
    if (outcome === 'interrupted') return exitCodes.interrupted;
    const isPassed = results.every(({ status }) => status !== 'failed');
    if (!isPassed) await writeDiagnosis(cluster, resolve(out));
    print(`\n${summaryOf(result)}. The result is in ${relative(process.cwd(), resolve(out))}.`);
    return isPassed ? exitCodes.passed : exitCodes.failed;
  } finally {
    if (isKept) print(`Left in ${cluster.context}: the namespaces ${namespace} and ${clientNamespace}.`);
    else await remove(cluster);
  }
}

async function performAll(
  run: Run,
  facts: ClusterFacts,
  chosen: readonly Step[],
  results: StepResult[],
): Promise<void> {
  for (const step of chosen) {
    const left = mostSeconds - run.now();
    const missing = left > 0 ? undefined : `no step starts after ${mostSeconds / 60} minutes`;
    const result = await perform(
      missing === undefined ? step : { ...step, missing: () => missing },
      run,
      facts,
      run.now,
    );
    results.push(result);
    const line = lineOf(result);
    print(process.stdout.isTTY && result.status === 'failed' ? styleText('red', line) : line);
    if (step === installation) {
      // Nothing else can be checked.
      if (result.status === 'failed') return;
      await run.clients.start();
      run.observation.start();
    }
  }
  await run.observation.stop();
}

function resultOf(run: Run, facts: ClusterFacts, results: readonly StepResult[]): RunResult {
  return {
    recordedAt: new Date(run.startedAt).toISOString(),
    context: run.cluster.context,
    cluster: facts,
    scaleDownSeconds: run.scaleDownSeconds ?? 'committed',
    seconds: Math.round(run.now()),
    steps: results,
    usage: usageByService(run.observation.usages, percentile),
    samples: run.observation.samples,
    requests: secondsOf(run.requests, run.startedAt),
  };
}

async function write(result: RunResult, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'run.json'), `${JSON.stringify(result)}\n`);
  await writeFile(join(folder, 'run.md'), markdownOf(result));
  await writeFile(join(folder, 'run.svg'), pictureOf(result));
}

/** What an operator would look at: states, events and the ends of logs. */
async function writeDiagnosis(cluster: Cluster, folder: string): Promise<void> {
  const commands = [
    ['get', 'pods,hpa,jobs', '--output=wide'],
    ['get', 'events', '--sort-by=.lastTimestamp'],
    ...['account', 'customer', 'nginx', 'console', 'postgres', 'otel-collector', 'jaeger'].map((name) => [
      'logs',
      `--selector=app.kubernetes.io/name=${name}`,
      '--tail=200',
      '--prefix',
    ]),
  ];
  const texts: string[] = [];
  for (const command of commands) {
    const { output, errors } = await cluster.kubectl.run([`--namespace=${namespace}`, ...command]);
    texts.push(`$ kubectl ${command.join(' ')}\n${output}${errors}`);
  }
  await writeFile(join(folder, 'diagnosis.txt'), texts.join('\n'));
}

async function remove(cluster: Cluster): Promise<void> {
  await cluster.kubectl.mustRun([
    'delete',
    'namespace',
    namespace,
    clientNamespace,
    '--ignore-not-found',
    '--wait',
    '--timeout=3m',
  ]);
  await cluster.kubectl.mustRun(['delete', 'priorityclass', priorityClass, '--ignore-not-found']);
  await removePrometheus(cluster);
}

try {
  const names = steps.map(({ name }) => name);
  // A step that was interrupted may still wait for something.
  process.exit(await main(parseOptions(process.argv.slice(2), names)));
} catch (error) {
  process.stderr.write(describeFailure(error, 'npm run cluster -w k8s'));
  process.exit(exitCodes.refused);
}
