import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { loggerOptions } from './logging.ts';
import { ServiceLogger } from './service-logger.ts';

function linesOf(log: (logger: ServiceLogger) => void): readonly unknown[] {
  const lines: unknown[] = [];
  const options = loggerOptions('harbour', { INSTANCE_NAME: 'harbour-1', LOG_LEVEL: 'trace' });
  log(
    new ServiceLogger(
      pino({ ...options, base: null, timestamp: false }, { write: (text) => lines.push(JSON.parse(text)) }),
    ),
  );
  return lines;
}

describe('ServiceLogger', () => {
  it.each([
    ['fatal', 'fatal'],
    ['error', 'error'],
    ['warn', 'warn'],
    ['log', 'info'],
    ['debug', 'debug'],
    ['verbose', 'trace'],
  ] as const)('writes %s at the level %s', (method, level) => {
    expect(linesOf((logger) => logger[method]('hello', 'Harbour'))).toEqual([
      { level, context: 'Harbour', msg: 'hello' },
    ]);
  });

  it('writes fields with their message', () => {
    expect(linesOf((logger) => logger.log({ berth: 7 }, 'taken', 'Harbour'))).toEqual([
      { level: 'info', context: 'Harbour', berth: 7, msg: 'taken' },
    ]);
  });

  it('writes an error with its stack, and its message if there is no other', () => {
    const error = new Error('no berth');

    expect(linesOf((logger) => logger.error(error, 'Harbour'))).toMatchObject([
      { context: 'Harbour', err: { type: 'Error', message: 'no berth', stack: error.stack }, msg: 'no berth' },
    ]);
  });

  it('writes a message with a stack, as some of Nest pass an error, as an error', () => {
    const stack = 'Error: no berth\n    at harbour.ts:1:1';

    expect(linesOf((logger) => logger.error('no berth', stack, 'Harbour'))).toMatchObject([
      { level: 'error', context: 'Harbour', err: { message: 'no berth', stack } },
    ]);
  });

  it('writes a text without a context', () => {
    expect(linesOf((logger) => logger.log('hello'))).toEqual([{ level: 'info', msg: 'hello' }]);
  });

  it('writes the start of the framework at the level debug', () => {
    const lines = linesOf((logger) => {
      logger.log('Mapped {/berths, GET} route', 'RouterExplorer');
      logger.error('cannot start', 'ExceptionHandler');
      logger.warn('deprecated', 'RouterExplorer');
    });

    expect(lines).toMatchObject([{ level: 'debug' }, { level: 'debug' }, { level: 'warn' }]);
  });
});
