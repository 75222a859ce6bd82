import { vi } from 'vitest';

/** A request of the page, as the server would see it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
}

/** Stands in for the server of the page, until mocks are restored. */
export function serverThat(answer: (asked: Asked) => Response): Asked[] {
  const all: Asked[] = [];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    const asked = {
      method: init.method ?? 'GET',
      path: path.replace('/console/api', ''),
      token: headers.get('authorization') ?? undefined,
      body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined,
    };
    all.push(asked);
    return answer(asked);
  });
  return all;
}

export const done = (): Response => Response.json({ replicas: [] });

export const refused = (): Response => Response.json({ replicas: [{ replica: 'a', status: 401 }] }, { status: 401 });
