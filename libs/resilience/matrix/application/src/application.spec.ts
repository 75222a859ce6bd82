import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ApplicationModule } from './application.js';
import { checks } from './checks.js';
import { adapter } from './platform.js';

describe('The application', () => {
  let application: INestApplication;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [ApplicationModule] }).compile();
    application = module.createNestApplication(adapter());
    await application.listen(0, '127.0.0.1');
  });

  afterAll(() => application.close());

  it.each(checks)('%s', async (_title, check) => check(application, await application.getUrl()));
});
