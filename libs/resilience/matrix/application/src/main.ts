import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ApplicationModule } from './application.js';
import { checks } from './checks.js';
import { adapter } from './platform.js';

async function main(): Promise<void> {
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
