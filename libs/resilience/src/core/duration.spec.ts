import { describe, expect, it } from 'vitest';
import { durationText, formatDuration, parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    [250, 250],
    [0.5, 0.5],
    ['250', 250],
    ['500ms', 500],
    ['2s', 2_000],
    ['2 s', 2_000],
    ['1.5s', 1_500],
    ['1m', 60_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['500us', 0.5],
    ['500ns', 0.0005],
    ['-1s', -1_000],
    ['PT2S', 2_000],
    ['pt2s', 2_000],
    ['PT0.5S', 500],
    ['PT1M30.5S', 90_500],
    ['P1DT1H', 90_000_000],
    ['-PT1S', -1_000],
    ['PT-1S', -1_000],
    ['0ms', 0],
    ['2h', 7_200_000],
    ['PT1H2M3S', 3_723_000],
    ['PT0.12345678901S', 123.45678901],
    [' 2s ', 2_000],
    ['2  s', 2_000],
    ['+2s', 2_000],
    ['12.25ms', 12.25],
    ['20D', 1_728_000_000],
    ['5MS', 5],
    ['+PT2S', 2_000],
    ['P10D', 864_000_000],
    ['P-1D', -86_400_000],
    ['PT10H', 36_000_000],
    ['PT-1H', -3_600_000],
    ['PT10M', 600_000],
    ['PT-1M', -60_000],
    ['PT+10.25S', 10_250],
    ['PT1,5S', 1_500],
    ['-P1DT-1H', -82_800_000],
  ])('reads %j as %d ms', (text, durationMs) => {
    expect(parseDuration(text)).toBeCloseTo(durationMs, 9);
  });

  it.each([
    '',
    'soon',
    '2 seconds',
    'P',
    'PT',
    '1w',
    's',
    '1e3',
    'P2S',
    '1s500ms',
    'in 2s',
    '2s!',
    '.5s',
    '2.s',
    'in PT2S',
    'PT2S!',
    'P1DT',
    'PT2.S',
    'PT1.5M',
    'Infinity',
    true,
    null,
    undefined,
    `${'9'.repeat(400)}s`,
    `P${'9'.repeat(400)}DT-${'9'.repeat(400)}H`,
    {},
    Number.NaN,
    Infinity,
  ])('returns undefined for %j', (value) => {
    expect(parseDuration(value)).toBeUndefined();
  });
});

describe('durationText', () => {
  it.each([
    [0, '0ms'],
    [500, '500ms'],
    [1_500, '1500ms'],
    [2_000, '2s'],
    [90_000, '90s'],
    [0.5, '0.5ms'],
    [0.0005, '500ns'],
    [0.001, '0.001ms'],
    [-0.0005, '-0.0005ms'],
    [-2_000, '-2s'],
  ])('writes %d ms as %s, which parseDuration reads', (durationMs, text) => {
    expect(durationText(durationMs)).toBe(text);
    expect(parseDuration(text)).toBeCloseTo(durationMs, 9);
  });

  it.each([
    [86_400_000, 'h', '24h'],
    [86_400_000, 'd', '1d'],
    [90_000, 'm', '90s'],
    [120_000, 'm', '2m'],
    [3_600_000, 'h', '1h'],
    [90_000_000, 'd', '25h'],
    [0, 'd', '0ms'],
  ] as const)('writes %d ms in units of at most %s as %s', (durationMs, longestUnit, text) => {
    expect(durationText(durationMs, longestUnit)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [2_500, '2.5 s'],
    [60_000, '1 min'],
    [90_000, '1 min 30 s'],
    [59_999, '1 min'],
    [119_999, '2 min'],
    [999.7, '1 s'],
    [999.4, '999 ms'],
    [1_000, '1 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min'],
    [3_661_000, '61 min 1 s'],
  ])('writes %d ms as %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});
