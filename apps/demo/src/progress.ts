import { Listr, ListrLogger, ProcessOutput } from 'listr2';

/** A long-running step. */
export interface Job {
  readonly title: string;
  /**
   * @param show replaces the displayed title while the job runs
   * @returns the text to display when the job is done
   */
  run(show: (text: string) => void): Promise<string>;
}

export type JobOrder = 'sequential' | 'parallel';

/** Runs jobs and displays them. */
export interface Progress {
  /** Rejects with the first error. The caller must stop the other jobs. */
  run(jobs: readonly Job[], order: JobOrder): Promise<void>;
}

/** A live list on a terminal; otherwise one line per finished job. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  const isInteractive = stream.isTTY && process.env['CI'] === undefined;
  return { run: (jobs, order) => (isInteractive ? runInLiveList : runWithLines)(stream, jobs, order) };
}

async function runInLiveList(stream: NodeJS.WriteStream, jobs: readonly Job[], order: JobOrder): Promise<void> {
  const list = new Listr(
    jobs.map((job) => ({
      title: job.title,
      task: async (_, task): Promise<void> => {
        const startedAt = performance.now();
        const done = await job.run((text) => {
          task.title = text;
        });
        task.title = `${done} ${secondsSince(startedAt)}`;
      },
    })),
    {
      concurrent: order === 'parallel',
      // The demo handles signals itself and stops the system; listr2 would exit immediately.
      registerSignalListeners: false,
      fallbackRendererCondition: false,
      rendererOptions: {
        // The demo prints the error.
        showErrorMessage: false,
        collapseErrors: false,
        logger: new ListrLogger({ useIcons: true, processOutput: new ProcessOutput(stream, stream) }),
      },
    },
  );
  await list.run();
}

async function runWithLines(stream: NodeJS.WriteStream, jobs: readonly Job[], order: JobOrder): Promise<void> {
  const run = async (job: Job): Promise<void> => {
    const startedAt = performance.now();
    const done = await job.run(() => {});
    stream.write(`✔ ${done} ${secondsSince(startedAt)}\n`);
  };
  if (order === 'parallel') await Promise.all(jobs.map(run));
  else for (const job of jobs) await run(job);
}

function secondsSince(startedAt: number): string {
  return `(${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`;
}
