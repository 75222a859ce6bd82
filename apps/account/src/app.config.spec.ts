import { describe, expect, it } from 'vitest';
import { readAccountConfig } from './app.config.ts';
import { readAccountLabConfig } from './lab/account-lab.config.ts';

const required = { DATABASE_URL: 'postgres://localhost/account' };

describe('readAccountConfig', () => {
  it('calls one customer on this machine by default', () => {
    expect(readAccountConfig(required)).toMatchObject({
      PORT: 3000,
      CUSTOMER_URL: ['http://127.0.0.1:3001'],
      REQUEST_TIMEOUT: 5_000,
      IDEMPOTENCY_KEY_TTL: 86_400_000,
      RECONCILIATION_INTERVAL: 1_000,
      RECONCILIATION_BATCH_SIZE: 10,
    });
  });

  it('rejects rounds of reconciliation without a pause or without an end', () => {
    expect(() =>
      readAccountConfig({ ...required, RECONCILIATION_INTERVAL: '5ms', RECONCILIATION_BATCH_SIZE: '101' }),
    ).toThrow(
      /RECONCILIATION_INTERVAL is "5ms": must be a duration such as 500ms, 2s or 1m, from 10ms to 1h\n.*RECONCILIATION_BATCH_SIZE is "101": must be a whole number from 1 to 100/,
    );
  });

  it('rejects a request timeout of 0, with which every request would fail', () => {
    expect(() => readAccountConfig({ ...required, REQUEST_TIMEOUT: '0s' })).toThrow(
      /REQUEST_TIMEOUT is "0s": must be a duration such as 500ms, 2s or 1m, from 1ms to 1m/,
    );
  });

  it('disables the write endpoints of the actuator unless there is a token', () => {
    expect(readAccountConfig(required).ACTUATOR_TOKEN).toBeUndefined();
    expect(readAccountConfig({ ...required, ACTUATOR_TOKEN: '' }).ACTUATOR_TOKEN).toBeUndefined();
    expect(readAccountConfig({ ...required, ACTUATOR_TOKEN: 'open-sesame' }).ACTUATOR_TOKEN).toBe('open-sesame');
  });

  it('rejects a short token, without repeating it', () => {
    expect(() => readAccountConfig({ ...required, ACTUATOR_TOKEN: 'sesame' })).toThrow(
      /ACTUATOR_TOKEN is \(not shown\): must be at least 8/,
    );
  });

  it('reads its own resilience.yml unless another file is named', () => {
    const elsewhere = '/etc/breakwater/resilience.yml';

    expect(readAccountConfig(required).RESILIENCE_CONFIG).toBeUndefined();
    expect(readAccountConfig({ ...required, RESILIENCE_CONFIG: elsewhere }).RESILIENCE_CONFIG).toBe(elsewhere);
  });

  it('rejects a relative path of the configuration', () => {
    expect(() => readAccountConfig({ ...required, RESILIENCE_CONFIG: 'resilience.yml' })).toThrow(
      /RESILIENCE_CONFIG is "resilience.yml": must be the absolute path of a file/,
    );
  });

  it('accepts several customers', () => {
    expect(readAccountConfig({ ...required, CUSTOMER_URL: 'http://a:1,http://b:2/' }).CUSTOMER_URL).toEqual([
      'http://a:1',
      'http://b:2',
    ]);
  });

  it.each(['0', '999ms', '721h', 'a day'])('rejects %s for the time to live of idempotency keys', (ttl) => {
    expect(() => readAccountConfig({ ...required, IDEMPOTENCY_KEY_TTL: ttl })).toThrow(
      /IDEMPOTENCY_KEY_TTL is ".*": must be a duration such as 500ms, 2s or 1m, from 1s to 720h/,
    );
  });

  it('ignores the variables of the lab entry', () => {
    const config = readAccountConfig({ ...required, DEMO_MODE: 'perhaps', TIME_SCALE: 'fast' });

    expect(config).not.toHaveProperty('DEMO_MODE');
    expect(config).not.toHaveProperty('TIME_SCALE');
  });
});

describe('readAccountLabConfig', () => {
  it('runs in real time and without experiments by default', () => {
    expect(readAccountLabConfig(required)).toMatchObject({ PORT: 3000, DEMO_MODE: false, TIME_SCALE: 1 });
  });

  it('scales time in the demo', () => {
    expect(readAccountLabConfig({ ...required, DEMO_MODE: 'true', TIME_SCALE: '5' }).TIME_SCALE).toBe(5);
  });

  it('rejects scaled time outside of the demo, next to every other invalid variable', () => {
    expect(() => readAccountLabConfig({ TIME_SCALE: '5', CUSTOMER_URL: 'customer:3001' })).toThrow(
      /DATABASE_URL is not set.*\n.*CUSTOMER_URL is "customer:3001".*\n.*TIME_SCALE is "5": must be 1 unless DEMO_MODE is true/,
    );
  });

  it('reports a time scale that is not a number once', () => {
    expect(() => readAccountLabConfig({ ...required, TIME_SCALE: 'fast' })).toThrow(
      /\n {2}TIME_SCALE is "fast": must be a number of at least 1$/,
    );
  });
});
