import { describe, expect, it } from 'vitest';
import { readCustomerConfig } from './app.config.ts';

const required = { DATABASE_URL: 'postgres://localhost/customer' };

describe('readCustomerConfig', () => {
  it('is slow by default, and nobody can change it', () => {
    const config = readCustomerConfig(required);

    expect(config).toMatchObject({ PORT: 3001, CUSTOMER_LATENCY: 2_000, TIME_SCALE: 1 });
    expect(config.FAULTS_TOKEN).toBeUndefined();
  });

  it('takes what it is given', () => {
    expect(
      readCustomerConfig({ ...required, CUSTOMER_LATENCY: '250ms', FAULTS_TOKEN: 'open-sesame', TIME_SCALE: '5' }),
    ).toMatchObject({ CUSTOMER_LATENCY: 250, FAULTS_TOKEN: 'open-sesame', TIME_SCALE: 5 });
  });

  it('refuses a token that is easily guessed, and a clock that runs backwards', () => {
    expect(() => readCustomerConfig({ ...required, FAULTS_TOKEN: 'short', TIME_SCALE: '-1' })).toThrow(
      /FAULTS_TOKEN is \(not shown\): must be .*\n +TIME_SCALE is "-1": must be a number of at least 1/,
    );
  });
});
