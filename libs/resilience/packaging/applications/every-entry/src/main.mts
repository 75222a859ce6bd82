import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import assert from 'node:assert/strict';
import { CustomerClient } from './customer.client.cjs';
import * as required from './entries.cjs';
import * as imported from './entries.mjs';

/** Every entry with every optional peer, as an ES module and as CommonJS in one process: both get the same objects. */
const { core, nest, opossum } = imported;
let compared = 0;
for (const [entry, namespace] of Object.entries<Record<string, unknown>>(imported)) {
  const exports: Record<string, unknown> = required[entry as keyof typeof imported];
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

const registry = core.createRegistry(
  'circuitBreaker',
  { instances: { customer: { engine: 'opossum' } } },
  { engines: { opossum: opossum.opossumEngine } },
);
assert.equal(await registry.getOrCreate('customer').execute(() => 'result'), 'result');
assert.equal(registry.getOrCreate('customer').metrics.successfulCalls, 1);
registry.dispose();

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
process.stdout.write(`Both forms share ${compared} exports of ${Object.keys(imported).join(', ')}.\n`);
