import { describe, expect, it } from 'vitest';
import { type Job, progressOn } from './progress.ts';

/** A stream that is not a terminal. */
function stream(): { written: string[]; stream: NodeJS.WriteStream } {
  const written: string[] = [];
  const write = (text: string): boolean => {
    written.push(text.replace(/\(\d+\.\d s\)/, '(time)'));
    return true;
  };
  return { written, stream: Object.assign(Object.create(process.stderr), { isTTY: false, write }) };
}

const job = (title: string, run: Job['run'] = async () => `${title} done`): Job => ({ title, run });

describe('progressOn a stream that is not a terminal', () => {
  it('writes a line per finished job and no intermediate states', async () => {
    const { written, stream: target } = stream();
    const updating = job('one', async (show) => {
      show('half');
      return 'one done';
    });

    await progressOn(target).run([updating, job('two')], 'sequential');

    expect(written).toEqual(['✔ one done (time)\n', '✔ two done (time)\n']);
  });

  it('starts parallel jobs together', async () => {
    const started: string[] = [];
    const gate = Promise.withResolvers<void>();
    const jobs = ['one', 'two'].map((title) =>
      job(title, async () => {
        started.push(title);
        await gate.promise;
        return title;
      }),
    );

    const running = progressOn(stream().stream).run(jobs, 'parallel');

    expect(started).toEqual(['one', 'two']);
    gate.resolve();
    await running;
  });

  it('rejects with the error of the first job that fails', async () => {
    const { written, stream: target } = stream();
    const failing = job('two', () => Promise.reject(new Error('no')));

    const running = progressOn(target).run([job('one'), failing, job('three')], 'sequential');

    await expect(running).rejects.toThrow('no');
    expect(written).toEqual(['✔ one done (time)\n']);
  });
});
