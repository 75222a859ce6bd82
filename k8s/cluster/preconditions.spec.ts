import { describe, expect, it } from 'vitest';
import { RefusedError, refuseExisting } from './preconditions.ts';

const clusterWith = (...existing: string[]) => ({
  context: 'kind-mine',
  has: async (kind: string, name: string) => existing.includes(`${kind} ${name}`),
});

describe('refuseExisting', () => {
  it('accepts a cluster without the objects that the run removes', async () => {
    await expect(refuseExisting(clusterWith('namespace default'))).resolves.toBeUndefined();
  });

  it.each(['namespace breakwater', 'namespace breakwater-clients', 'priorityclass breakwater-serving'])(
    'refuses a cluster with the %s, and names its context',
    async (object) => {
      const refusal = refuseExisting(clusterWith(object));

      await expect(refusal).rejects.toThrow(RefusedError);
      await expect(refusal).rejects.toThrow(`the ${object} exists in kind-mine already`);
    },
  );
});
