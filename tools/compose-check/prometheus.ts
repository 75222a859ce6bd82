/** The response of Prometheus to an instant query. */
interface QueryAnswer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

/**
 * The value of a query.
 *
 * @throws Error when Prometheus does not respond or has no data
 */
export async function queryPrometheus(url: string, query: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`, {
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) throw new Error(`Prometheus answered ${answer.status} to ${query}`);
  const { data } = (await answer.json()) as QueryAnswer;
  const [first] = data.result;
  if (first === undefined) throw new Error(`Prometheus has no data for ${query}`);
  return Number(first.value[1]);
}
