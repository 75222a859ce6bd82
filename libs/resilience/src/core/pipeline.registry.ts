import { type Clock, systemClock } from './clock.ts';
import { ConflictingDefinitionError, ResilienceError } from './errors.ts';
import { EventEmitter, type Listener, type Unsubscribe } from './events.ts';
import type { Pipeline } from './pipeline.ts';
import type { RegistryEvents } from './registry.ts';

/** A pipeline was asked for by a name that nobody has registered. */
export class PipelineNotFoundError extends ResilienceError {
  readonly code = 'PIPELINE_NOT_FOUND';
  readonly pipelineName: string;

  constructor(pipelineName: string, known: readonly string[]) {
    const list = known.length === 0 ? 'none is registered' : `known are ${known.map((name) => `'${name}'`).join(', ')}`;
    super(`There is no pipeline named '${pipelineName}'; ${list}. Register it before it is asked for.`);
    this.pipelineName = pipelineName;
  }
}

/**
 * The pipelines of an application by the name of what they protect: where the order of policies can be read for each
 * dependency. Unlike a policy, a pipeline has no defaults: one that is not known is an error, for an empty one in its
 * place would protect nothing.
 */
export class PipelineRegistry {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Pipeline>();
  readonly #events = new EventEmitter<RegistryEvents<Pipeline>>();

  /**
   * @param pipelines what is registered from the start
   * @param environment where the time of events comes from; real time by default
   * @throws ConflictingDefinitionError when two of them have the same name and differ
   */
  constructor(pipelines: readonly Pipeline[] = [], environment: { readonly clock?: Clock } = {}) {
    this.#clock = environment.clock ?? systemClock;
    for (const entry of pipelines) this.register(entry);
  }

  /**
   * Makes a pipeline known under its name. Returns the one that holds: a second of the same name and the same policies is
   * the first.
   *
   * @throws ConflictingDefinitionError when the name is taken by a pipeline of other policies
   */
  register(pipeline: Pipeline): Pipeline {
    const existing = this.#entries.get(pipeline.name);
    if (existing === undefined) {
      this.#entries.set(pipeline.name, pipeline);
      this.#events.emit({ type: 'ENTRY_ADDED', creationTime: this.#clock.now(), entry: pipeline });
      return pipeline;
    }
    if (!isSame(existing, pipeline)) throw new ConflictingDefinitionError(`Pipeline '${pipeline.name}'`, ['policies']);
    return existing;
  }

  /** @throws PipelineNotFoundError */
  pipeline(name: string): Pipeline {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new PipelineNotFoundError(name, this.names());
    return entry;
  }

  find(name: string): Pipeline | undefined {
    return this.#entries.get(name);
  }

  /** All pipelines, in the order of their registration. */
  all(): readonly Pipeline[] {
    return [...this.#entries.values()];
  }

  names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Forgets a pipeline, and returns it. Calls that hold it go on with it. */
  remove(name: string): Pipeline | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    this.#events.emit({ type: 'ENTRY_REMOVED', creationTime: this.#clock.now(), entry });
    return entry;
  }

  /** Tells of pipelines that are added or removed. Returns what ends it. */
  on<K extends keyof RegistryEvents<Pipeline>>(type: K, listener: Listener<RegistryEvents<Pipeline>[K]>): Unsubscribe {
    return this.#events.on(type, listener);
  }
}

function isSame(a: Pipeline, b: Pipeline): boolean {
  return a.policies.length === b.policies.length && a.policies.every((policy, at) => policy === b.policies[at]);
}
