import { Observable } from 'rxjs';

/** Whether the compiler has told that the method returns an Observable. */
export function returnsObservable(prototype: object, key: string | symbol): boolean {
  const type = declaredReturnType(prototype, key);
  return typeof type === 'function' && (type === Observable || type.prototype instanceof Observable);
}

/**
 * The class of what a method surely returns at once, so that there is nothing to wait for; `undefined` when it may return
 * a promise or an Observable, or when the compiler has not told.
 */
export function synchronousReturnType(prototype: object, key: string | symbol): string | undefined {
  const type = declaredReturnType(prototype, key);
  if (typeof type !== 'function' || type === Object) return undefined;
  const members = type.prototype as object;
  return 'then' in members || 'subscribe' in members ? undefined : type.name;
}

function declaredReturnType(prototype: object, key: string | symbol): unknown {
  return Reflect.getMetadata('design:returntype', prototype, key);
}
