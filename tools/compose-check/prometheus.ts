/** The response of Prometheus to an instant query. */
interface QueryResponse {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

/**
 * The value of a query.
 *
 * @throws Error when Prometheus does not respond or has no data
 */
export async function queryPrometheus(url: string, query: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`, {
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`Prometheus responded with ${response.status} to ${query}`);
  const { data } = (await response.json()) as QueryResponse;
  const [first] = data.result;
  if (first === undefined) throw new Error(`Prometheus has no data for ${query}`);
  return Number(first.value[1]);
}
