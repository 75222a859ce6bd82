import { describe, expect, it } from 'vitest';
import { findChromium, howToGetChromium } from './chromium.ts';

describe('the search for a Chromium', () => {
  it('says how to get one where there is none', () => {
    expect(() => findChromium({ PATH: '/nowhere' })).toThrow(howToGetChromium);
    expect(howToGetChromium).toContain('apt-get install chromium');
  });

  it('takes the one that is named', () => {
    expect(findChromium({ PATH: '/nowhere', CHROMIUM: process.execPath })).toBe(process.execPath);
  });
});
