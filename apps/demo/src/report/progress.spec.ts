import { describe, expect, it } from 'vitest';
import { type Job, progressOn } from './progress.ts';

/** A stream that is no terminal. */
function stream(): { written: string[]; stream: NodeJS.WriteStream } {
  const written: string[] = [];
  const write = (text: string): boolean => {
    written.push(text.replace(/\(\d+\.\d s\)/, '(time)'));
    return true;
  };
  return { written, stream: Object.assign(Object.create(process.stderr), { isTTY: false, write }) };
}

const job = (title: string, run: Job['run'] = async () => `${title} done`): Job => ({ title, run });

describe('progress without a terminal', () => {
  it('is a line for each job that is done, and nothing for what happens in between', async () => {
    const { written, stream: target } = stream();
    const chatty = job('one', async (show) => {
      show('half');
      return 'one done';
    });

    await progressOn(target).run([chatty, job('two')], 'in turn');

    expect(written).toEqual(['✔ one done (time)\n', '✔ two done (time)\n']);
  });

  it('does jobs in turn, or all at once', async () => {
    const begun: string[] = [];
    const gate = Promise.withResolvers<void>();
    const jobs = ['one', 'two'].map((title) =>
      job(title, async () => {
        begun.push(title);
        await gate.promise;
        return title;
      }),
    );

    const running = progressOn(stream().stream).run(jobs, 'at once');

    expect(begun).toEqual(['one', 'two']);
    gate.resolve();
    await running;
  });

  it('ends with the first job that fails', async () => {
    const { written, stream: target } = stream();
    const failing = job('two', () => Promise.reject(new Error('no')));

    const running = progressOn(target).run([job('one'), failing, job('three')], 'in turn');

    await expect(running).rejects.toThrow('no');
    expect(written).toEqual(['✔ one done (time)\n']);
  });
});
