import type { LocalSystem } from '@breakwater/system-runner';

/** What a running system offers: where it is, and what to try on it. */
export function invitation(system: LocalSystem): string {
  const { gatewayUrl, consoleUrl, accountUrls, customerUrls, faultsToken, actuatorToken, logs } = system;
  return `The system stays up until Ctrl-C.

  console         ${consoleUrl}
                  tokens: ${faultsToken} for customer's faults, ${actuatorToken} for account's circuit breakers
  load balancer   ${gatewayUrl}
  account         ${accountUrls.join('   ')}
  customer        ${customerUrls.join('   ')}
  logs            ${logs}

Things to try:

  # open an account; account asks customer first
  curl -i ${gatewayUrl}/accounts -H 'content-type: application/json' -d '${JSON.stringify(sampleAccount)}'

  # make both customer services slow again (they are fast since the recovery); "0ms" heals them
  curl -X PUT ${customerUrls.map((url) => `${url}/faults`).join(' ')} \\
       -H 'authorization: Bearer ${faultsToken}' -H 'content-type: application/json' -d '{"latency":"2s"}'

  # five lookups through the breaker of an experiment, a line each
  curl -N ${gatewayUrl}/experiments/customer-lookups -H 'content-type: application/json' \\
       -d '{"times":5,"breaker":"count-slow"}'
`;
}

/** An account that can be opened: the customer is one of the seeded ones. */
const sampleAccount = { customerId: 'c-1001', currency: 'EUR' };
