import * as core from '@breakwater/resilience';
import * as actuator from '@breakwater/resilience/actuator';
import * as axios from '@breakwater/resilience/axios';
import * as config from '@breakwater/resilience/config';
import * as doctor from '@breakwater/resilience/doctor';
import * as fetch from '@breakwater/resilience/fetch';
import * as grpc from '@breakwater/resilience/grpc';
import * as logging from '@breakwater/resilience/logging';
import * as nest from '@breakwater/resilience/nest';
import * as nestAxios from '@breakwater/resilience/nest-axios';
import * as nestPrometheus from '@breakwater/resilience/nest-prometheus';
import * as nestTesting from '@breakwater/resilience/nest-testing';
import * as opentelemetry from '@breakwater/resilience/opentelemetry';
import * as opossum from '@breakwater/resilience/opossum';
import * as prometheus from '@breakwater/resilience/prometheus';
import * as terminus from '@breakwater/resilience/terminus';
import * as testing from '@breakwater/resilience/testing';
import * as undici from '@breakwater/resilience/undici';
import assert from 'node:assert/strict';

/** Every entry, with every optional peer installed. */
const entries = {
  core,
  actuator,
  axios,
  config,
  doctor,
  fetch,
  grpc,
  logging,
  nest,
  nestAxios,
  nestPrometheus,
  nestTesting,
  opentelemetry,
  opossum,
  prometheus,
  terminus,
  testing,
  undici,
};
for (const [name, entry] of Object.entries(entries)) {
  assert.ok(Object.keys(entry).length > 0, `${name} exports nothing`);
}

const registry = core.createRegistry(
  'circuitBreaker',
  { instances: { customer: { engine: 'opossum' } } },
  { engines: { opossum: opossum.opossumEngine } },
);
assert.equal(await registry.getOrCreate('customer').execute(() => 'answer'), 'answer');
assert.equal(registry.getOrCreate('customer').metrics.successfulCalls, 1);
registry.dispose();
process.stdout.write(`Every entry works: ${Object.keys(entries).join(', ')}.\n`);
