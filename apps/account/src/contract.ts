import { describeApi, type OpenApiDocument } from '@breakwater/service-kit';
import { createAccountLabService } from './testing.ts';

/** Enables the routes that are optional: the experiments. */
export const everyRoute = { DEMO_MODE: 'true' };

/** The API description from the code, with the experiments; `openapi.json` has the same. It connects to nothing. */
export async function describeContract(): Promise<OpenApiDocument> {
  const app = await createAccountLabService({ DATABASE_URL: 'postgres://127.0.0.1/none', ...everyRoute });
  try {
    return describeApi(app);
  } finally {
    await app.close();
  }
}
