/**
 * The account service as in production, whose calls to customer go through the declared pipeline or through an
 * empty one. The benchmark switches between them with a request for `/protected` or `/unprotected` on a separate
 * port; the switch is complete when the response arrives. One process runs both arms, because two processes with
 * the same code differ by more than the measured cost.
 */
import { createAccountService } from '@breakwater/account/testing';
import { PipelineRegistry, pipeline } from '@breakwater/resilience';
import { createServer } from 'node:http';
import type { Protection } from './environment.ts';

const app = await createAccountService({ LOG_LEVEL: 'info', ...process.env });
const pipelines = app.get(PipelineRegistry);
const arms = { protected: pipelines.pipeline('customer'), unprotected: pipeline('customer', []) };

createServer((request, response) => {
  const arm: Protection = request.url === '/protected' ? 'protected' : 'unprotected';
  pipelines.remove('customer');
  pipelines.register(arms[arm]);
  response.end();
})
  .listen(Number(process.env['BENCH_SWITCH_PORT']), process.env['HOST'])
  .unref();

await app.listen(Number(process.env['PORT']), String(process.env['HOST']));
