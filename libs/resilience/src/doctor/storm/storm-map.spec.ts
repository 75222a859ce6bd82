import { describe, expect, it } from 'vitest';
import { describeInstance } from '../instance.ts';
import { simulateStorm } from './storm.ts';
import { stormFindings } from './storm-findings.ts';
import { surveyStorms } from './storm-map.ts';
import { defaultModel, type StormModel } from './storm-model.ts';
import { defaultSettings, stormSettings } from './storm-settings.ts';

/** 10 calls a second. */
const model: StormModel = { ...defaultModel, workers: 1 };
const settings = { ...defaultSettings, model, points: 4 };
const retries = describeInstance('customer', {
  timeLimiter: { timeoutDuration: '1s' },
  retry: { maxAttempts: 3, waitDuration: '10ms' },
});

describe('surveyStorms', { timeout: 120_000 }, () => {
  it('finds the smallest trigger that locks in, the highest safe load, and the nearest change that helps', async () => {
    const { map, remedy, tried } = await surveyStorms(retries, settings);

    expect(map.loads).toEqual([2.5, 5, 7.5, 10]);
    expect(map.sizes).toEqual([2.25, 3.5, 4.75, 6]);
    expect(map.locksInAt[2]).toBe(2.25);
    expect(map.highestSafeLoad).toBe(2.5);
    expect(map.longestRecovery).toBeGreaterThan(10);
    expect(tried?.load).toBeGreaterThanOrEqual(5);
    expect(remedy?.change.words).toMatch(/retryBudget/);
    expect(remedy?.map.storms[1]?.map(({ verdict }) => verdict.kind)).not.toContain('staysDown');
  });

  it('gives the verdicts of full runs although points end early', async () => {
    const { map } = await surveyStorms(retries, settings);
    const whole = await Promise.all(map.storms.flat().map((storm) => simulateStorm(retries, model, storm, true)));

    const kinds = (storms: typeof whole) => storms.map(({ verdict }) => verdict.kind);
    expect(kinds(whole)).toEqual(kinds(map.storms.flat()));
    expect(
      map.storms.flat().some(({ course }, index) => course.arrivals.length < whole[index]!.course.arrivals.length),
    ).toBe(true);
  });

  it('gives the same map for the same seed', async () => {
    const small = { ...settings, points: 2 };

    const [first, again] = [await surveyStorms(retries, small), await surveyStorms(retries, small)];

    expect(again.map).toEqual(first.map);
  });

  it('finds an overload, for which no trigger is needed', async () => {
    const single = { ...settings, load: 20, trigger: { kind: 'load', size: 2, durationMs: 5_000 } } as const;

    expect(stormFindings(await surveyStorms(retries, single)).map(({ code }) => code)).toEqual(['storm-overloaded']);
  });
});

describe('stormSettings', () => {
  it.each(stormSettings.filter(({ valueOf }) => valueOf(defaultSettings) !== undefined))(
    'read the default of $option from its own text',
    (setting) => {
      expect(setting.apply(defaultSettings, setting.valueOf(defaultSettings)!)).toEqual(defaultSettings);
    },
  );
});
