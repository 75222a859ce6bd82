/** What a replica said. */
export interface Answer {
  /** Of HTTP; 0 where the replica could not be reached. */
  readonly status: number;
  /** What the replica calls itself, where it said so. */
  readonly instance: string | undefined;
  /** Parsed where it is JSON, or else text; why, where there was no answer. */
  readonly body: unknown;
  /** When it came, by a monotonic clock in milliseconds. */
  readonly at: number;
}

/** What is asked for. */
export interface Question {
  readonly method?: string;
  /** Passed on as it came; `undefined` sends none. It is never stored, and never logged. */
  readonly authorization?: string | undefined;
  /** Sent as JSON; `undefined` sends none. */
  readonly body?: unknown;
  readonly timeoutMs: number;
}

/** Asks one replica. Whoever cannot be reached has answered 0, and says why. */
export async function ask(url: string, { method = 'GET', authorization, body, timeoutMs }: Question): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A token is for whom it was meant.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const instance = response.headers.get('x-instance') ?? undefined;
    return { status: response.status, instance, body: parsed(await response.text()), at: performance.now() };
  } catch (error) {
    return { status: 0, instance: undefined, body: reasonOf(error), at: performance.now() };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `fetch failed` says nothing; its cause does. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
}
