import { describeApi, type OpenApiDocument } from '@breakwater/service-kit';
import { createAccountService } from './testing.ts';

/** Every route there can be: some are there only where they are asked for. */
export const everyRoute = { DEMO_MODE: 'true' };

/** What this service promises its clients, from its code; `openapi.json` is the same as a file. Nothing is connected to. */
export async function describeContract(): Promise<OpenApiDocument> {
  const app = await createAccountService({ DATABASE_URL: 'postgres://127.0.0.1/none', ...everyRoute });
  try {
    return describeApi(app);
  } finally {
    await app.close();
  }
}
