import { describe, expect, it } from 'vitest';
import { findChromium, installChromium, missingChromium } from './browser.ts';

describe('the search for a Chromium', () => {
  it('explains how to install one when there is none', () => {
    expect(() => findChromium({ PATH: '/nowhere' })).toThrow(installChromium);
    expect(installChromium).toContain('apt-get install chromium');
  });

  it('distinguishes a machine without Chromium from a wrong path in CHROMIUM', () => {
    expect(missingChromium({ PATH: '/nowhere' })).toBe(installChromium);
    expect(missingChromium({ PATH: '/nowhere', CHROMIUM: '/none' })).toBeUndefined();
    expect(() => findChromium({ CHROMIUM: '/none' })).toThrow(installChromium);
  });

  it('uses the program in CHROMIUM', () => {
    expect(findChromium({ PATH: '/nowhere', CHROMIUM: process.execPath })).toBe(process.execPath);
  });
});
