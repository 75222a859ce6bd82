import { SystemFailure } from '@breakwater/system-runner';

/** A running system that the experiments are made on, wherever it is. */
export interface Target {
  /** Base URL of its gateway. */
  readonly gatewayUrl: string;
  /** What customer's `/faults` asks for. */
  readonly faultsToken: string;
}

const patienceMs = 10_000;

/**
 * Makes sure that a system is there and runs experiments.
 *
 * @throws SystemFailure when it cannot be reached, or runs none
 */
export async function requireExperiments(gatewayUrl: string, signal: AbortSignal): Promise<void> {
  const answer = await ask(gatewayUrl, '/experiments/breakers', {}, signal);
  await answer.body?.cancel();
  if (answer.ok) return;
  throw new SystemFailure(
    `The system at ${gatewayUrl} runs no experiments: it answered ${answer.status}`,
    'Start its account services with DEMO_MODE=true, and let its gateway pass /experiments on (docs/compose.md says how).',
  );
}

/**
 * Has every customer service take this long for an answer, and nothing else be wrong with it.
 *
 * @throws SystemFailure when one of them doesn't take the order
 */
export async function setCustomerLatency(
  { gatewayUrl, faultsToken }: Target,
  latency: string,
  signal: AbortSignal,
): Promise<void> {
  const order = {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${faultsToken}` },
    body: JSON.stringify({ latency }),
  };
  const answer = await ask(gatewayUrl, '/experiments/customer-faults', order, signal);
  const text = await answer.text();
  if (answer.ok) return;
  throw new SystemFailure(
    `The latency of the customer services could not be set to ${latency}: ${gatewayUrl} answered ${answer.status} ${text.slice(0, 200)}`,
    'FAULTS_TOKEN must be the token of the customer services; their logs tell more.',
  );
}

async function ask(gatewayUrl: string, path: string, request: RequestInit, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(`${gatewayUrl}${path}`, {
      ...request,
      signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
    });
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    throw new SystemFailure(
      `There is no system at ${gatewayUrl}: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Start it, or correct the URL.',
    );
  }
}
