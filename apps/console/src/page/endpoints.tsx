import type { EndpointDetails } from '@breakwater/resilience/actuator';
import type { AccountReplica, CustomerReplica } from '../protocol/messages.ts';
import { duration } from './format.ts';

interface Props {
  /** The name of the endpoint pool. */
  readonly pool: string;
  readonly accounts: readonly AccountReplica[];
  readonly customers: readonly CustomerReplica[];
}

/** The endpoints of a pool as each replica of account sees them: their state, their load, and why they were ejected. */
export function Endpoints({ pool, accounts, customers }: Props) {
  const having = accounts.filter(({ pools }) => Object.keys(pools[pool]?.endpoints ?? {}).length > 0);
  if (having.length === 0) return null;
  const endpoints = new Set(having.flatMap(({ pools }) => Object.keys(pools[pool]?.endpoints ?? {})));
  const nameOf = (endpoint: string): string => customers.find(({ address }) => address === endpoint)?.name ?? endpoint;
  return (
    <div class="panel endpoints">
      <table>
        <caption>
          Endpoints of <code>{pool}</code>, as each replica sees them
        </caption>
        <thead>
          <tr>
            <th scope="col">Endpoint</th>
            {having.map(({ name, pools }) => (
              <th key={name} scope="col">
                {name}
                {pools[pool]?.isPanic && <span class="tone-bad"> panic: all get calls</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...endpoints].sort().map((endpoint) => (
            <tr key={endpoint}>
              <th scope="row" title={endpoint}>
                {nameOf(endpoint)}
              </th>
              {having.map(({ name, problem, pools }) => (
                <td key={name} class={problem === null ? '' : 'is-stale'}>
                  <Endpoint details={problem === null ? pools[pool]?.endpoints[endpoint] : undefined} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The states of an endpoint with their names on the page. The tones repeat what the names say. */
const states = {
  IN_SERVICE: { label: 'In service', tone: 'tone-good' },
  SLOW_START: { label: 'Slow start', tone: 'tone-warn' },
  TRIAL: { label: 'Trial', tone: 'tone-warn' },
  EJECTED: { label: 'Ejected', tone: 'tone-bad' },
} as const satisfies Record<EndpointDetails['state'], object>;

function Endpoint({ details }: { readonly details: EndpointDetails | undefined }) {
  if (details === undefined) return <span class="hint">unknown</span>;
  const { state, ejectionReason, remainingEjectionMs, inFlightCalls, latencyMs } = details;
  const { label, tone } = states[state];
  return (
    <>
      <b class={tone}>{label}</b>{' '}
      <span class="hint">
        {ejectionReason !== null && `${ejectionReason.toLowerCase().replaceAll('_', ' ')} · `}
        {!!remainingEjectionMs && `${duration(remainingEjectionMs)} left · `}
        {inFlightCalls} in flight · {duration(latencyMs)}
      </span>
    </>
  );
}
