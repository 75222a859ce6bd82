import { canBeProcessOne, endWhileLoading } from '@breakwater/system-runner/testing';
import { describe, expect, it } from 'vitest';

const entryOf = (file: string): URL => new URL(`../../../apps/${file}`, import.meta.url);

// Nothing listens on port 1.
const environment = { DATABASE_URL: 'postgres://u@127.0.0.1:1/d', CUSTOMER_URL: 'http://127.0.0.1:1' };

// https://github.com/nestjs/nest/issues/14139
describe.runIf(process.platform === 'linux')('SIGTERM while the modules of an entry are loaded (nest#14139)', () => {
  // Without a handler, process 1 ignores the signal: it starts and stays. Any other process is killed, without an exit code.
  it.each([
    ['account/dist/lab/main.js', 0],
    ['customer/dist/main.js', 0],
    ['customer/dist/migrate.js', 143],
    ['console/dist/main.js', 0],
  ])('ends %s with exit code %i, also as process 1 of a container', async (file, code) => {
    const asProcessOne = canBeProcessOne();
    expect(await endWhileLoading(entryOf(file), environment, { asProcessOne })).toEqual({ code, errors: '' });
  });
});
