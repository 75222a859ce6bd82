import { describe, expect, it } from 'vitest';
import { lastWords } from './last-words.ts';

describe('the last words of a process', () => {
  it('are its last error, not what it said after', () => {
    const log = [
      '{"level":30,"msg":"starting"}',
      '{"level":60,"msg":"cannot start","err":{"type":"Error","message":"no such table"}}',
      '{"level":30,"msg":"bye"}',
    ].join('\n');

    expect(lastWords(log)).toBe('no such table');
  });

  it('are the error that nobody caught', () => {
    const log = ['{"level":30,"msg":"starting"}', 'file:///x.js:1', 'TypeError: x is not a function', '    at y', ''];

    expect(lastWords(log.join('\n'))).toBe('TypeError: x is not a function');
  });

  it('are the last line of a log that is not JSON', () => {
    expect(lastWords('one\n[emerg] bind() failed\n\n')).toBe('[emerg] bind() failed');
  });

  it('are not what it said while all was well', () => {
    expect(lastWords('{"level":"info","msg":"listening on http://127.0.0.1:8081"}\n')).toBeUndefined();
  });

  it('may never have been said', () => {
    expect(lastWords('\n')).toBeUndefined();
  });
});
