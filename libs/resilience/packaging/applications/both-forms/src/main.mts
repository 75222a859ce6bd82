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
import * as nestTesting from '@breakwater/resilience/nest-testing';
import * as opentelemetry from '@breakwater/resilience/opentelemetry';
import * as opossum from '@breakwater/resilience/opossum';
import * as prometheus from '@breakwater/resilience/prometheus';
import * as terminus from '@breakwater/resilience/terminus';
import * as testing from '@breakwater/resilience/testing';
import * as undici from '@breakwater/resilience/undici';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import assert from 'node:assert/strict';
import { CustomerClient } from './customer.client.cjs';
import { required } from './entries.cjs';

/** An ES module and CommonJS in one process: they get the same objects. */
const imported = {
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
  nestTesting,
  opentelemetry,
  opossum,
  prometheus,
  terminus,
  testing,
  undici,
};
let compared = 0;
for (const [entry, exports] of Object.entries<Record<string, unknown>>(required)) {
  const namespace = imported[entry as keyof typeof imported] as Record<string, unknown>;
  const names = Object.keys(exports).filter((name) => name !== '__esModule');
  assert.ok(names.length > 0, `${entry} exports nothing`);
  assert.deepEqual(
    Object.keys(namespace)
      .filter((name) => name !== 'default' && name !== 'module.exports')
      .sort(),
    names.sort(),
  );
  for (const name of names) {
    assert.ok(namespace[name] === exports[name], `${entry}: ${name} is not the same object`);
    compared++;
  }
}

/** The module is an ES module; its provider is CommonJS. */
@Module({
  imports: [
    nest.ResilienceModule.forRoot({
      circuitBreaker: { instances: { customer: { slidingWindowSize: 2, minimumNumberOfCalls: 2 } } },
    }),
  ],
  providers: [CustomerClient],
})
class AppModule {}

const application = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
const client = application.get(CustomerClient);
assert.equal(await client.verify('c-1'), 'c-1 is verified');
client.isDown = true;
assert.equal(await client.verify('c-1'), 'c-1 is unverified: failed');
assert.equal(await client.verify('c-1'), 'c-1 is unverified: not permitted');
assert.ok(client.breaker instanceof core.CircuitBreaker);
assert.equal(client.breaker, application.get(core.registryToken('circuitBreaker')).getOrCreate('customer'));
await application.close();
process.stdout.write(`Both forms share ${compared} exports.\n`);
