import { describe, expect, it } from 'vitest';
import { findChromium, howToGetChromium, whyNoChromium } from './chromium.ts';

describe('the search for a Chromium', () => {
  it('says how to get one where there is none', () => {
    expect(() => findChromium({ PATH: '/nowhere' })).toThrow(howToGetChromium);
    expect(howToGetChromium).toContain('apt-get install chromium');
  });

  it('tells a machine without one from one on which another is named than there is', () => {
    expect(whyNoChromium({ PATH: '/nowhere' })).toBe(howToGetChromium);
    expect(whyNoChromium({ PATH: '/nowhere', CHROMIUM: '/none' })).toBeUndefined();
    expect(() => findChromium({ CHROMIUM: '/none' })).toThrow(howToGetChromium);
  });

  it('takes the one that is named', () => {
    expect(findChromium({ PATH: '/nowhere', CHROMIUM: process.execPath })).toBe(process.execPath);
  });
});
