import { ResilienceError } from '@breakwater/resilience';
import { loadResilienceConfig } from '@breakwater/resilience/config';
import { policyOptions } from './policy-options.ts';

// `node dist/check-policies.js [FILE…]`: whether account accepts its policies, from the same sources as at its start and from more
// files of this package. It needs no database, so that a fault is found before anything is started. Exit code 1: it does not.
const { RESILIENCE_CONFIG, CUSTOMER_URL = 'http://127.0.0.1:3001' } = process.env;
const { configFiles, ...options } = policyOptions(
  { RESILIENCE_CONFIG: RESILIENCE_CONFIG || undefined, CUSTOMER_URL: CUSTOMER_URL.split(',') },
  { moreConfigFiles: process.argv.slice(2) },
);
try {
  await loadResilienceConfig({ files: configFiles, env: process.env, ...options });
} catch (error) {
  process.stderr.write(`${error instanceof ResilienceError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
