import type { CallContext, ProtectedCall } from './policy.ts';

/** Makes a call; one that throws at once fails like one that rejects. A promise that it returns is handed on as it is. */
export function beginCall<T>(call: ProtectedCall<T>, context: CallContext): Promise<T> {
  try {
    const answer = call(context);
    return answer instanceof Promise ? answer : Promise.resolve(answer);
  } catch (error) {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what the call threw, whatever it is
    return Promise.reject(error);
  }
}
