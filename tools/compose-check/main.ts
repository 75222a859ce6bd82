import path from 'node:path';
import { styleText } from 'node:util';
import { freePorts, urlOf } from '@breakwater/system-runner';
import { ComposeProject } from './compose-project.ts';
import { stepsOf } from './steps.ts';

/** Builds included, on a slow machine. */
const timeLimitMs = 20 * 60_000;

/**
 * `npm run compose:check`: starts the compose system as a separate project, breaks it, checks that nothing was lost and removes
 * it in any case. It needs a Docker engine with Compose v2 and the images or access to a registry.
 */
async function main(): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => interrupted.abort(new Error(`Ended by ${signal}.`)));
  }
  const late = AbortSignal.timeout(timeLimitMs);
  const signal = AbortSignal.any([interrupted.signal, late]);

  const [gatewayPort = 0, prometheusPort = 0, jaegerPort = 0] = await freePorts(3);
  const project = new ComposeProject(
    `breakwater-check-${process.pid}`,
    path.join(import.meta.dirname, '../..'),
    {
      GATEWAY_PORT: String(gatewayPort),
      PROMETHEUS_PORT: String(prometheusPort),
      JAEGER_PORT: String(jaegerPort),
      CUSTOMER_LATENCY: '50ms',
    },
    signal,
  );
  const urls = { gateway: urlOf(gatewayPort), prometheus: urlOf(prometheusPort), jaeger: urlOf(jaegerPort) };

  let failed = false;
  const report = (error: unknown): void => {
    failed = true;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  };
  try {
    for (const [title, run] of Object.entries(stepsOf(project, urls, signal))) await step(title, run);
  } catch (error) {
    report(error);
    if (!interrupted.signal.aborted) process.stderr.write(await project.logs().catch(String));
  }
  const removal = step('Remove everything', async () => {
    await project.remove();
    const left = await project.leftovers();
    if (left.length > 0) throw new Error(`These objects were not removed: ${left.join(', ')}`);
    return 'Containers, networks and volumes are removed';
  });
  await removal.catch(report);
  return failed ? 1 : 0;
}

/**
 * Runs one step and displays it, on a terminal also while it runs.
 *
 * @param run returns the text to display afterwards; it begins with `NOT CHECKED` when something is missing for the step
 */
async function step(title: string, run: () => Promise<string>): Promise<void> {
  const start = performance.now();
  if (process.stdout.isTTY) process.stdout.write(`… ${title}`);
  const finish = (mark: string, text: string): void => {
    if (process.stdout.isTTY) process.stdout.write('\r\u001b[K');
    process.stdout.write(`${mark} ${text} (${((performance.now() - start) / 1_000).toFixed(1)} s)\n`);
  };
  try {
    const text = await run();
    finish(text.startsWith('NOT CHECKED') ? styleText('yellow', '–') : styleText('green', '✔'), text);
  } catch (error) {
    finish(styleText('red', '✖'), title);
    throw error;
  }
}

process.exitCode = await main();
