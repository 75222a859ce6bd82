import type { LocalSystem } from '@breakwater/system-runner';

/** What is to be wrong with the customer services, all of it; `{}` is nothing. */
export interface CustomerFaults {
  readonly latency?: string;
  readonly hang?: { readonly rate: number };
  readonly errors?: readonly { readonly status: number; readonly rate: number }[];
}

/**
 * Tells every customer service what is to be wrong with it.
 *
 * @throws Error when one does not take it
 */
export async function putFaults(
  { customerUrls, faultsToken }: Pick<LocalSystem, 'customerUrls' | 'faultsToken'>,
  faults: CustomerFaults,
): Promise<void> {
  await Promise.all(
    customerUrls.map(async (url) => {
      const answer = await fetch(`${url}/faults`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${faultsToken}` },
        body: JSON.stringify(faults),
        signal: AbortSignal.timeout(5_000),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${url} did not take ${JSON.stringify(faults)}: ${answer.status} ${text}`);
    }),
  );
}
