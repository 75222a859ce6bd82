import { UsageError } from '@breakwater/system-runner';
import { describe, expect, it } from 'vitest';
import { parseOptions, usage } from './options.ts';

describe('parseOptions', () => {
  it('returns the defaults for an empty command line', () => {
    expect(parseOptions([])).toEqual({
      target: undefined,
      once: false,
      json: false,
      help: false,
      timeScale: 1,
      port: 8080,
      gateway: 'auto',
    });
  });

  it('reads every option', () => {
    const args = ['--once', '--json', '--time-scale', '2.5', '--port=9000', '--gateway', 'node'];

    expect(parseOptions(args)).toEqual({
      target: undefined,
      once: true,
      json: true,
      help: false,
      timeScale: 2.5,
      port: 9000,
      gateway: 'node',
    });
  });

  it.each([['--help'], ['-h']])('reads %s', (flag) => {
    expect(parseOptions([flag]).help).toBe(true);
  });

  it('reads the URL of a running system', () => {
    expect(parseOptions(['--target', 'http://localhost:8080/']).target).toBe('http://localhost:8080');
  });

  it('accepts port 0', () => {
    expect(parseOptions(['--port', '0']).port).toBe(0);
  });

  it.each([
    [['--fast'], /^Unknown option '--fast'$/],
    [['twice'], /^Unexpected argument 'twice'$/],
    [['--port'], /--port/],
    [['--once=yes'], /--once/],
    [['--time-scale', '0.5'], /^--time-scale is a number from 1 to 10, not '0.5'$/],
    [['--time-scale', '11'], /not '11'/],
    [['--time-scale', 'fast'], /not 'fast'/],
    [['--time-scale', ''], /not ''/],
    [['--port', '8080.5'], /^--port is a whole number from 0 to 65523, not '8080.5'$/],
    [['--port', '0x50'], /not '0x50'/],
    [['--port', '65524'], /not '65524'/],
    [
      ['--target', 'localhost:8080'],
      /^--target is the URL of a gateway such as http:\/\/localhost:8080, not 'localhost:8080'$/,
    ],
    [['--target', 'http://localhost:8080', '--port', '9000'], /^--port cannot be combined with --target$/],
    [['--gateway', 'apache'], /^--gateway is one of auto, nginx, node, not 'apache'$/],
  ])('rejects %j', (args, message) => {
    const parsing = (): unknown => parseOptions(args);

    expect(parsing).toThrow(UsageError);
    expect(parsing).toThrow(message);
  });
});

describe('the output of --help', () => {
  it('fits into 80 columns', () => {
    expect(usage.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});
