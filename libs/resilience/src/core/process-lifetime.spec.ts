import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type PipelineKind, pipelineKindsOf } from './policies.ts';

const runNode = promisify(execFile);
const library = new URL('index.ts', import.meta.url).href;

/** What a script wrote. A process that ends in the middle of a wait has written less, or has another exit code. */
async function outputOf(script: string): Promise<string> {
  const lines = `import * as lib from ${JSON.stringify(library)};\n${script}`;
  const flags = ['--conditions=@breakwater/source', '--input-type=module', '--no-warnings', '--eval', lines];
  const { stdout } = await runNode(process.execPath, flags, { timeout: 20_000 });
  return stdout.trim();
}

const never = 'new Promise(() => {})';
const retriedCall = `() => new lib.Retry('inner', { waitDuration: 30 }).execute(({ attempt }) => {
  if (attempt === 1) throw new Error('outage');
  return 'response';
})`;

/**
 * A script for each policy, which logs how a call ends that nothing else keeps alive. A policy without a wait of its own
 * protects a call that waits.
 */
const waits: Readonly<Record<PipelineKind, string>> = {
  retry: `console.log(await (${retriedCall})());`,
  timeLimiter: `
    const error = await new lib.TimeLimiter('x', { timeoutDuration: 30 }).execute(() => ${never}).catch((error) => error);
    console.log(error.code === 'TIMEOUT_EXCEEDED' ? 'response' : error);`,
  deadline: `
    const error = await new lib.TotalDeadline('x', { timeoutDuration: 30 }).execute(() => ${never}).catch((error) => error);
    console.log(error.code === 'TIMEOUT_EXCEEDED' ? 'response' : error);`,
  rateLimiter: `
    const limiter = new lib.RateLimiter('x', { limitForPeriod: 1, limitRefreshPeriod: 40, timeoutDuration: '1s' });
    await limiter.execute(() => 'first');
    console.log(await limiter.execute(() => 'response'));`,
  bulkhead: `
    const bulkhead = new lib.Bulkhead('x', { maxConcurrentCalls: 1, maxWaitDuration: 30 });
    void bulkhead.execute(() => ${never});
    const error = await bulkhead.execute(() => 'not made').catch((error) => error);
    console.log(error.code === 'BULKHEAD_FULL' ? 'response' : error);`,
  hedge: `
    let calls = 0;
    const hedge = new lib.Hedge('x', { delay: 30 });
    console.log(await hedge.execute(() => (++calls === 1 ? ${never} : 'response')));`,
  circuitBreaker: `console.log(await new lib.CircuitBreaker('x').execute(${retriedCall}));`,
  fallback: `
    const fallback = new lib.Fallback('x', { handlers: [{ handle: ${retriedCall} }] });
    console.log(await fallback.execute(() => Promise.reject(new Error('outage'))));`,
  cachedFallback: `console.log(await new lib.CachedFallback('x').withKey('key').execute(${retriedCall}));`,
  adaptiveConcurrencyLimiter: `console.log(await new lib.AdaptiveConcurrencyLimiter('x').execute(${retriedCall}));`,
  endpointPool: `
    const pool = new lib.EndpointPool('x', { endpoints: ['http://127.0.0.1:1'] });
    console.log(await pool.execute(${retriedCall}));`,
};

describe('A process (cockatiel#11, node-retry#26)', () => {
  it.each(pipelineKindsOf())('does not end while a caller waits in %s', { timeout: 30_000 }, async (kind) => {
    await expect(outputOf(waits[kind])).resolves.toBe('response');
  });

  it('does not end while a caller waits for a deadline to pass', { timeout: 30_000 }, async () => {
    const script = `lib.Deadline.after(30).whenPassed(() => console.log('response'));`;

    await expect(outputOf(script)).resolves.toBe('response');
  });

  it('ends although a probe, an automatic transition and the expiry of dynamic instances are pending', async () => {
    const script = `
      const registry = lib.createRegistry('circuitBreaker', {
        configs: {
          default: {
            automaticTransitionFromOpenToHalfOpenEnabled: true,
            waitDurationInOpenState: '1h',
            healthProbe: () => ${never},
            healthProbeInterval: 1,
            healthProbeTimeout: '1h',
            maxWaitDurationInHalfOpenState: '1h',
          },
        },
      });
      registry.getOrCreate('open').transitionToOpenState();
      registry.getOrCreate('half-open').transitionToOpenState();
      registry.getOrCreate('half-open').transitionToHalfOpenState();
      console.log('end of script');`;

    await expect(outputOf(script)).resolves.toBe('end of script');
  }, 30_000);
});
