import { type ConsoleTokens, tokensIn } from '@breakwater/contracts/console-tokens';
import { useEffect, useState } from 'preact/hooks';

/** The entered tokens. They are stored in the session of the tab. */
export interface Tokens extends ConsoleTokens {
  set(which: keyof ConsoleTokens, token: string): void;
}

const keyOf = (which: string): string => `breakwater-${which}-token`;

function storedTokens(): ConsoleTokens {
  const read = (which: keyof ConsoleTokens): string => sessionStorage.getItem(keyOf(which)) ?? '';
  return { faults: read('faults'), actuator: read('actuator') };
}

/** Stores the tokens that the address of the page has, and removes them from the address and from the history of the tab. */
function takeTokensFromAddress(): void {
  const given = Object.entries(tokensIn(location.hash));
  if (given.length === 0) return;
  for (const [which, token] of given) sessionStorage.setItem(keyOf(which), token);
  history.replaceState(history.state, '', location.pathname + location.search);
}

/** The tokens from the address of the page, or as the user has entered them. */
export function useTokens(): Tokens {
  const [tokens, setTokens] = useState(() => {
    takeTokensFromAddress();
    return storedTokens();
  });
  useEffect(() => {
    // The address was opened in a tab that shows the console already.
    const take = (): void => {
      takeTokensFromAddress();
      setTokens(storedTokens());
    };
    addEventListener('hashchange', take);
    return () => removeEventListener('hashchange', take);
  }, []);
  return {
    ...tokens,
    set(which, token) {
      sessionStorage.setItem(keyOf(which), token);
      setTokens(storedTokens());
    },
  };
}
