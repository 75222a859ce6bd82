import { describe, expect, it } from 'vitest';
import { readAccountConfig } from './app.config.ts';

const required = { DATABASE_URL: 'postgres://localhost/account' };

describe('readAccountConfig', () => {
  it('asks one customer on this machine by default, in earnest', () => {
    expect(readAccountConfig(required)).toMatchObject({
      PORT: 3000,
      CUSTOMER_URL: ['http://127.0.0.1:3001'],
      REQUEST_TIMEOUT: 10_000,
      IDEMPOTENCY_KEY_TTL: 86_400_000,
      RECONCILIATION_INTERVAL: 1_000,
      RECONCILIATION_BATCH_SIZE: 10,
      DEMO_MODE: false,
      TIME_SCALE: 1,
    });
  });

  it('refuses rounds of reconciliation without a pause between them, and without an end', () => {
    expect(() =>
      readAccountConfig({ ...required, RECONCILIATION_INTERVAL: '5ms', RECONCILIATION_BATCH_SIZE: '101' }),
    ).toThrow(
      /RECONCILIATION_INTERVAL is "5ms": must be at least 10ms\n.*RECONCILIATION_BATCH_SIZE is "101": must be a whole number from 1 to 100/,
    );
  });

  it('lets nobody change circuit breakers unless there is a token for it', () => {
    expect(readAccountConfig(required).ACTUATOR_TOKEN).toBeUndefined();
    expect(readAccountConfig({ ...required, ACTUATOR_TOKEN: '' }).ACTUATOR_TOKEN).toBeUndefined();
    expect(readAccountConfig({ ...required, ACTUATOR_TOKEN: 'open-sesame' }).ACTUATOR_TOKEN).toBe('open-sesame');
  });

  it('refuses a token that is easily guessed, without repeating it', () => {
    expect(() => readAccountConfig({ ...required, ACTUATOR_TOKEN: 'sesame' })).toThrow(
      /ACTUATOR_TOKEN is \(not shown\): must be at least 8/,
    );
  });

  it('reads the resilience.yml that it comes with unless another is named', () => {
    const elsewhere = '/etc/breakwater/resilience.yml';

    expect(readAccountConfig(required).RESILIENCE_CONFIG).toBeUndefined();
    expect(readAccountConfig({ ...required, RESILIENCE_CONFIG: elsewhere }).RESILIENCE_CONFIG).toBe(elsewhere);
  });

  it('refuses a configuration whose place depends on where the service was started', () => {
    expect(() => readAccountConfig({ ...required, RESILIENCE_CONFIG: 'resilience.yml' })).toThrow(
      /RESILIENCE_CONFIG is "resilience.yml": must be the absolute path of a file/,
    );
  });

  it('takes several customers', () => {
    expect(readAccountConfig({ ...required, CUSTOMER_URL: 'http://a:1,http://b:2/' }).CUSTOMER_URL).toEqual([
      'http://a:1',
      'http://b:2',
    ]);
  });

  it.each(['0', '999ms', '721h', 'a day'])('keeps no idempotency key for %s', (ttl) => {
    expect(() => readAccountConfig({ ...required, IDEMPOTENCY_KEY_TTL: ttl })).toThrow(
      /IDEMPOTENCY_KEY_TTL is ".*": must be a duration such as 30m or 24h, from 1s to 720h/,
    );
  });

  it('lets time run faster in the demo', () => {
    expect(readAccountConfig({ ...required, DEMO_MODE: 'true', TIME_SCALE: '5' }).TIME_SCALE).toBe(5);
  });

  it('refuses a faster clock outside of the demo, beside every other fault', () => {
    expect(() => readAccountConfig({ TIME_SCALE: '5', CUSTOMER_URL: 'customer:3001' })).toThrow(
      /DATABASE_URL is not set.*\n.*CUSTOMER_URL is "customer:3001".*\n.*TIME_SCALE is "5": must be 1 unless DEMO_MODE is true/,
    );
  });

  it('says only once that a time scale is no number', () => {
    expect(() => readAccountConfig({ ...required, TIME_SCALE: 'fast' })).toThrow(
      /\n {2}TIME_SCALE is "fast": must be a number of at least 1$/,
    );
  });
});
