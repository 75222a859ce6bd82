import { useState } from 'preact/hooks';

/** The tokens that whoever looks has entered. They stay in this tab, and end with it. */
export interface Tokens {
  /** Customer's, for its faults. */
  readonly faults: string;
  /** Account's, for its circuit breakers. */
  readonly actuator: string;
  set(which: 'faults' | 'actuator', token: string): void;
}

const keyOf = (which: string): string => `breakwater-${which}-token`;

export function useTokens(): Tokens {
  const [faults, setFaults] = useState(() => sessionStorage.getItem(keyOf('faults')) ?? '');
  const [actuator, setActuator] = useState(() => sessionStorage.getItem(keyOf('actuator')) ?? '');
  return {
    faults,
    actuator,
    set(which, token) {
      sessionStorage.setItem(keyOf(which), token);
      (which === 'faults' ? setFaults : setActuator)(token);
    },
  };
}
