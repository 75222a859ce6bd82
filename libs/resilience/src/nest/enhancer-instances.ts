/** A guard, pipe, interceptor or filter that a decorator was given as an instance, so that Nest does not create it. */
export interface EnhancerInstance {
  /** The decorated class or method. */
  readonly host: string;
  readonly decorator: string;
  readonly instance: object;
}

/** The metadata of Nest, by key. */
const decorators = {
  __guards__: '@UseGuards',
  __pipes__: '@UsePipes',
  __interceptors__: '@UseInterceptors',
  __exceptionFilters__: '@UseFilters',
} as const;
const parameters = '__routeArguments__';

type ParameterMetadata = Readonly<Record<string, { readonly pipes?: readonly unknown[] }>>;

/** The instances in decorators of the class, of its methods and of their parameters. */
export function enhancerInstancesOf(prototype: object): readonly EnhancerInstance[] {
  const { constructor } = prototype;
  const ofMethods = Object.entries(methodsOf(prototype)).flatMap(([name, method]) => {
    const host = `${constructor.name}.${name}`;
    const metadata = (Reflect.getMetadata(parameters, constructor, name) ?? {}) as ParameterMetadata;
    const pipes = Object.values(metadata).flatMap(({ pipes = [] }) => pipes);
    return [...instancesIn(method, host), ...toInstances(pipes, host, 'pipe of a parameter')];
  });
  return [...instancesIn(constructor, constructor.name), ...ofMethods];
}

/** The methods by name, inherited ones included. No getter runs. */
function methodsOf(prototype: object): Readonly<Record<string, object>> {
  const inherited = Object.getPrototypeOf(prototype) as object | null;
  if (inherited === null) return {};
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .map(([name, { value }]) => [name, value as unknown] as const)
    .filter(
      (entry): entry is readonly [string, object] => entry[0] !== 'constructor' && typeof entry[1] === 'function',
    );
  return { ...methodsOf(inherited), ...Object.fromEntries(own) };
}

function instancesIn(target: object, host: string): readonly EnhancerInstance[] {
  return Object.entries(decorators).flatMap(([key, decorator]) => {
    const enhancers = (Reflect.getMetadata(key, target) ?? []) as readonly unknown[];
    return toInstances(enhancers, host, decorator);
  });
}

function toInstances(enhancers: readonly unknown[], host: string, decorator: string): readonly EnhancerInstance[] {
  return enhancers
    .filter((enhancer) => typeof enhancer === 'object' && enhancer !== null)
    .map((instance) => ({ host, decorator, instance }));
}
