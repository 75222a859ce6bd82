import type { AccountReplica, StateChange, StateName } from '../protocol/messages.ts';

/** Remembers in which state each circuit breaker was last, and tells which are in another one. */
export class StateChanges {
  readonly #known = new Map<string, StateName>();

  /** What is different from the last time. The first look at a circuit breaker is a change. */
  since(accounts: readonly AccountReplica[], at: number): StateChange[] {
    return accounts.flatMap(({ name: replica, problem, breakers }) =>
      Object.entries(breakers).flatMap(([breaker, { state }]) => {
        const key = `${replica} ${breaker}`;
        if (problem !== null || this.#known.get(key) === state) return [];
        this.#known.set(key, state);
        return [{ at, replica, breaker, state }];
      }),
    );
  }
}
