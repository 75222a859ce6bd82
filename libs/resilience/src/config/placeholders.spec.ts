import { describe, expect, it } from 'vitest';
import { fillPlaceholders } from './placeholders.ts';

describe('a placeholder', () => {
  const env = { WAIT: '5s', CUSTOMER_WAITTIME: '7s', EMPTY: '', LOOP: '${LOOP}' };

  it.each([
    ['10', '10'],
    ['${WAIT}', '5s'],
    ['${WAIT:2s}', '5s'],
    ['${NONE:2s}', '2s'],
    ['${NONE:}', ''],
    ['${EMPTY:2s}', ''],
    ['PT${NONE:2}S', 'PT2S'],
    ['${NONE:${WAIT}}', '5s'],
    ['${NONE:${NEITHER:9s}}', '9s'],
    ['${customer.wait-time}', '7s'],
    ['${NONE:http://localhost:80}', 'http://localhost:80'],
  ])('%s becomes %s', (text, filled) => {
    expect(fillPlaceholders(text, env)).toStrictEqual({ text: filled });
  });

  it('without value and default is missing, by name', () => {
    expect(fillPlaceholders('${WAIT} ${NONE}', env)).toStrictEqual({ missing: 'NONE' });
  });

  it('that leads back to itself ends all the same', () => {
    expect(fillPlaceholders('${LOOP}', env)).toStrictEqual({
      missing: '${LOOP} (a placeholder that leads back to itself)',
    });
  });
});
