import {
  type AnyFinding,
  type ConfigFile,
  diagnose,
  documentsInText,
  type Instance,
  instancesIn,
  type Progress,
  runOnThreads,
  type StormSettings,
  type StormSurvey,
  surveyStorms,
} from '@breakwater/resilience/doctor-browser';
import * as yaml from 'yaml';

/** What a configuration contains. */
export interface Configuration {
  readonly files: readonly ConfigFile[];
  readonly instances: readonly Instance[];
  readonly warnings: readonly string[];
  readonly findings: readonly AnyFinding[];
}

/** Lines such as `resilience4j.retry.instances.customer.maxAttempts=3`, and none such as `resilience4j:`. */
function isProperties(text: string): boolean {
  return /^\s*[\w.[\]-]+\s*=/m.test(text) && !/^\s*[\w.-]+:(?:\s|$)/m.test(text);
}

/** @throws Error with what is wrong in the text */
export async function readConfiguration(text: string): Promise<Configuration> {
  const label = isProperties(text) ? 'application.properties' : 'application.yml';
  const files = [{ label, documents: await documentsInText(text, label, label, () => Promise.resolve(yaml)) }];
  const { instances, warnings } = instancesIn(files, {});
  return { files, instances, warnings, findings: diagnose(instances) };
}

/** Draws the map in workers, which the signal ends. */
export async function drawMap(
  { files }: Configuration,
  instance: Instance,
  settings: StormSettings,
  createWorker: () => Worker,
  onProgress: Progress,
  signal: AbortSignal,
): Promise<StormSurvey> {
  const workers = Array.from({ length: navigator.hardwareConcurrency || 2 }, createWorker);
  const job = { files, env: {}, name: instance.name, model: settings.model };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
  for (const worker of workers) worker.postMessage(job);
  const run = runOnThreads(
    workers.map((worker) => ({
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
      post: (request) => worker.postMessage(request),
      listen: (onStorm, onError) => {
        // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it would keep the listener before
        worker.onmessage = ({ data }) => onStorm(data);
        // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it would keep the listener before
        worker.onerror = ({ message }) => onError(new Error(message || 'The worker could not be started.'));
      },
    })),
  );
  try {
    return await Promise.race([
      surveyStorms(instance, settings, run, onProgress),
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    ]);
  } finally {
    for (const worker of workers) worker.terminate();
  }
}
