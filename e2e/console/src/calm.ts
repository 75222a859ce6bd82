import type { LocalSystem } from '@breakwater/system-runner';

/** Stops the load and clears the faults, so that a failed test leaves nothing to the next one. */
export async function calm({ consoleUrl, customerUrls, faultsToken }: LocalSystem): Promise<void> {
  const authorization = `Bearer ${faultsToken}`;
  await Promise.all([
    fetch(new URL('api/load', consoleUrl), { method: 'DELETE' }),
    ...customerUrls.map((url) => fetch(`${url}/faults`, { method: 'DELETE', headers: { authorization } })),
  ]);
}
