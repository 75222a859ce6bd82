import { describe, expect, it } from 'vitest';
import { readCustomerConfig } from './app.config.ts';
import { readCustomerLabConfig } from './lab/customer-lab.ts';

const required = { DATABASE_URL: 'postgres://localhost/customer' };

describe('readCustomerConfig', () => {
  it('is slow and has no /faults by default', () => {
    const config = readCustomerConfig(required);

    expect(config).toMatchObject({ PORT: 3001, CUSTOMER_LATENCY: 2_000 });
    expect(config.FAULTS_TOKEN).toBeUndefined();
    expect(config).not.toHaveProperty('TIME_SCALE');
  });

  it('reads the variables that are set', () => {
    expect(readCustomerConfig({ ...required, CUSTOMER_LATENCY: '250ms', FAULTS_TOKEN: 'open-sesame' })).toMatchObject({
      CUSTOMER_LATENCY: 250,
      FAULTS_TOKEN: 'open-sesame',
    });
  });

  it('refuses a token that is easy to guess', () => {
    expect(() => readCustomerConfig({ ...required, FAULTS_TOKEN: 'short' })).toThrow(
      /FAULTS_TOKEN is \(not shown\): must be /,
    );
  });
});

describe('readCustomerLabConfig', () => {
  it('reads the time scale next to the variables of the service', () => {
    expect(readCustomerLabConfig(required)).toMatchObject({ CUSTOMER_LATENCY: 2_000, TIME_SCALE: 1 });
    expect(readCustomerLabConfig({ ...required, TIME_SCALE: '5' })).toMatchObject({ TIME_SCALE: 5 });
  });

  it('lists every invalid variable, those of the service included', () => {
    const invalid = {
      ...required,
      FAULTS_TOKEN: 'short',
      SHUTDOWN_DELAY: '9s',
      SHUTDOWN_TIMEOUT: '9s',
      TIME_SCALE: '-1',
    };

    expect(() => readCustomerLabConfig(invalid)).toThrow(
      /FAULTS_TOKEN is \(not shown\): must be .*\n +TIME_SCALE is "-1": must be a number of at least 1\n +SHUTDOWN_DELAY is "9s": /,
    );
  });
});
