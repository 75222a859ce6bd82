import { describeApi, type OpenApiDocument } from '@breakwater/service-kit';
import { createCustomerService } from './testing.ts';

/** The variables without which some routes do not exist. */
export const everyRoute = { FAULTS_TOKEN: 'for-the-contract' };

/** The API's description from the code; `openapi.json` is its copy. Connects to nothing. */
export async function describeContract(): Promise<OpenApiDocument> {
  const app = await createCustomerService({ DATABASE_URL: 'postgres://127.0.0.1/none', ...everyRoute });
  try {
    return describeApi(app);
  } finally {
    await app.close();
  }
}
