import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SystemFailure, workspaceRoot } from '@breakwater/system-runner';

/** A running system for the experiments: one that the demo started, or any other. */
export interface ExperimentTarget {
  /** Base URL of its gateway. */
  readonly gatewayUrl: string;
  /** Token for customer's `/faults`. */
  readonly faultsToken: string;
}

/** The token that `docker compose up` gives to the customer services by default. */
const composeTokenFile = path.join(workspaceRoot, 'compose/secrets/faults-token');

/**
 * The faults token of a system that the demo did not start: `FAULTS_TOKEN`, or the content of `FAULTS_TOKEN_FILE`, or
 * the default token of compose.
 *
 * @throws SystemFailure when the file cannot be read
 */
export function faultsTokenOf(environment: Readonly<Record<string, string | undefined>>): string {
  const token = environment['FAULTS_TOKEN'];
  if (token) return token;
  const file = environment['FAULTS_TOKEN_FILE'] || composeTokenFile;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SystemFailure(
      `The token for customer's faults cannot be read from ${file}: ${reasonOf(error)}`,
      'Set FAULTS_TOKEN to the token of the customer services.',
    );
  }
}

const requestTimeoutMs = 10_000;

/**
 * Checks that the system is running and offers experiments.
 *
 * @throws SystemFailure when it cannot be reached, or offers none
 */
export async function requireExperiments(gatewayUrl: string, signal: AbortSignal): Promise<void> {
  const response = await send(gatewayUrl, '/experiments/breakers', {}, signal);
  await response.body?.cancel();
  if (response.ok) return;
  throw new SystemFailure(
    `The system at ${gatewayUrl} offers no experiments: it responded with ${response.status}`,
    'Run the lab entry of its account services (image breakwater/account-lab) with DEMO_MODE=true, and let its gateway forward /experiments (see docs/compose.md).',
  );
}

/**
 * Sets the latency of every customer service and removes all other faults.
 *
 * @throws SystemFailure when a customer service does not accept the change
 */
export async function setCustomerLatency(
  { gatewayUrl, faultsToken }: ExperimentTarget,
  latency: string,
  signal: AbortSignal,
): Promise<void> {
  const request = {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${faultsToken}` },
    body: JSON.stringify({ latency }),
  };
  const response = await send(gatewayUrl, '/experiments/customer-faults', request, signal);
  const text = await response.text();
  if (response.ok) return;
  throw new SystemFailure(
    `The latency of the customer services could not be set to ${latency}: ` +
      `${gatewayUrl} answered ${response.status} ${text.slice(0, 200)}`,
    'FAULTS_TOKEN must be the token of the customer services; see their logs.',
  );
}

async function send(gatewayUrl: string, route: string, request: RequestInit, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(`${gatewayUrl}${route}`, {
      ...request,
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new SystemFailure(`No system responds at ${gatewayUrl}: ${reasonOf(error)}`, 'Start it, or correct the URL.');
  }
}

/** Why an action failed. The message of a `fetch` error says only that it failed; its cause says why. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
