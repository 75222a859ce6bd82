interface KnownRoute {
  readonly methods: readonly string[];
  readonly segments: readonly string[];
}

/**
 * Remembers which methods each route takes, so that a path that exists under others can be told from one that doesn't
 * exist. Fastify itself knows no difference. Routes with a wildcard are left out: they take any path.
 */
export class AllowedMethods {
  readonly #routes: KnownRoute[] = [];

  add({ method, url }: { readonly method: string | readonly string[]; readonly url: string }): void {
    if (url.includes('*')) return;
    this.#routes.push({ methods: [method].flat(), segments: segmentsOf(url) });
  }

  /** The methods that the path takes, in order of the alphabet; none where there is no such path. */
  of(path: string): readonly string[] {
    const segments = segmentsOf(path);
    const methods = this.#routes.filter((route) => matches(route.segments, segments)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  }
}

const segmentsOf = (path: string): string[] => path.replace(/\/$/, '').split('/');

const matches = (route: readonly string[], path: readonly string[]): boolean =>
  route.length === path.length &&
  route.every((segment, at) => (segment.startsWith(':') ? path[at] !== '' : segment === path[at]));
