import { Listr, ListrLogger, ProcessOutput } from 'listr2';

/** Something that takes a while. */
export interface Job {
  readonly title: string;
  /**
   * Does it.
   *
   * @param show changes what is shown while it goes on
   * @returns what to show once it is done
   */
  run(show: (text: string) => void): Promise<string>;
}

/** Shows jobs while they are done. */
export interface Progress {
  /**
   * Does the jobs, one after the other or all at once. Rejects with the first error; what else is going on is then for
   * the caller to end.
   */
  run(jobs: readonly Job[], order: 'in turn' | 'at once'): Promise<void>;
}

/** Progress for a stream: a live list on a terminal, else a plain line for each job that is done. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY && process.env['CI'] === undefined ? new LiveList(stream) : new PlainLines(stream);
}

class LiveList implements Progress {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  async run(jobs: readonly Job[], order: 'in turn' | 'at once'): Promise<void> {
    const list = new Listr(
      jobs.map((job) => ({
        title: job.title,
        task: async (_, task): Promise<void> => {
          const startedAt = performance.now();
          const done = await job.run((text) => {
            task.title = text;
          });
          task.title = `${done} ${seconds(performance.now() - startedAt)}`;
        },
      })),
      {
        concurrent: order === 'at once',
        // A signal is answered in one place, which stops the system; the list would end the process at once.
        registerSignalListeners: false,
        fallbackRendererCondition: false,
        rendererOptions: {
          // Whoever catches the error says what it is.
          showErrorMessage: false,
          collapseErrors: false,
          logger: new ListrLogger({ useIcons: true, processOutput: new ProcessOutput(this.#stream, this.#stream) }),
        },
      },
    );
    await list.run();
  }
}

class PlainLines implements Progress {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  async run(jobs: readonly Job[], order: 'in turn' | 'at once'): Promise<void> {
    if (order === 'at once') {
      await Promise.all(jobs.map((job) => this.#run(job)));
    } else {
      for (const job of jobs) await this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    const startedAt = performance.now();
    const done = await job.run(() => {});
    this.#stream.write(`✔ ${done} ${seconds(performance.now() - startedAt)}\n`);
  }
}

function seconds(durationMs: number): string {
  return `(${(durationMs / 1_000).toFixed(1)} s)`;
}
