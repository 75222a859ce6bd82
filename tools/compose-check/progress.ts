import { styleText } from 'node:util';

const { stdout } = process;

/**
 * Runs one step and displays it, on a terminal also while it runs.
 *
 * @param run returns the text to display afterwards
 */
export async function step(title: string, run: () => Promise<string>): Promise<void> {
  const start = performance.now();
  if (stdout.isTTY) stdout.write(`… ${title}`);
  const finish = (mark: string, text: string): void => {
    if (stdout.isTTY) stdout.write('\r\u001b[K');
    stdout.write(`${mark} ${text} (${((performance.now() - start) / 1_000).toFixed(1)} s)\n`);
  };
  try {
    finish(styleText('green', '✔'), await run());
  } catch (error) {
    finish(styleText('red', '✖'), title);
    throw error;
  }
}
