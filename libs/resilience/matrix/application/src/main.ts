import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import assert from 'node:assert/strict';
import { ApplicationModule, CustomerClient } from './application.js';
import { checks } from './checks.js';
import { adapter } from './platform.js';

async function main(): Promise<void> {
  // Of the compilers that emit it. NestJS injects by it, and the library finds out what a method returns.
  if (process.argv.includes('--metadata')) {
    assert.equal(Reflect.getMetadata('design:returntype', CustomerClient.prototype, 'verify'), Promise);
  }
  const application = await NestFactory.create(ApplicationModule, adapter(), { logger: ['error', 'warn'] });
  await application.listen(0, '127.0.0.1');
  const url = await application.getUrl();
  for (const [title, check] of checks) {
    await check(application, url);
    process.stdout.write(`passed: ${title}\n`);
  }
  await application.close();
  process.stdout.write('All checks passed.\n');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
