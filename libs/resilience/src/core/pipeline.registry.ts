import { type Clock, systemClock } from './clock.ts';
import { ConflictingDefinitionError, ResilienceError } from './errors.ts';
import { EventEmitter, type Listener, type Unsubscribe } from './events.ts';
import type { Pipeline } from './pipeline.ts';
import type { RegistryEvents } from './registry.ts';

/** No pipeline is registered under this name. */
export class PipelineNotFoundError extends ResilienceError {
  readonly code = 'PIPELINE_NOT_FOUND';
  readonly pipelineName: string;

  constructor(pipelineName: string, known: readonly string[]) {
    const list =
      known.length === 0
        ? 'none is registered'
        : `the registered pipelines are ${known.map((name) => `'${name}'`).join(', ')}`;
    super(`There is no pipeline named '${pipelineName}'; ${list}. Register it before its first use.`);
    this.pipelineName = pipelineName;
  }
}

/**
 * The pipelines of an application by name, with the order of policies for each dependency. Unlike a policy, a pipeline has no
 * defaults: an unknown name is an error, because an empty pipeline would protect nothing.
 */
export class PipelineRegistry {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Pipeline>();
  readonly #events = new EventEmitter<RegistryEvents<Pipeline>>();

  /**
   * @param pipelines registered from the start
   * @param environment the clock of events; real time by default
   * @throws ConflictingDefinitionError when two of them have the same name and differ
   */
  constructor(pipelines: readonly Pipeline[] = [], environment: { readonly clock?: Clock } = {}) {
    this.#clock = environment.clock ?? systemClock;
    for (const entry of pipelines) this.register(entry);
  }

  /**
   * Registers a pipeline under its name. If the name already has a pipeline with the same policies, returns that one.
   *
   * @throws ConflictingDefinitionError when the name has a pipeline with other policies
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

  /** Removes a pipeline and returns it. Callers that hold it can still use it. */
  remove(name: string): Pipeline | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    this.#events.emit({ type: 'ENTRY_REMOVED', creationTime: this.#clock.now(), entry });
    return entry;
  }

  /** Calls `listener` for each pipeline that is added or removed, until the returned function is called. */
  on<K extends keyof RegistryEvents<Pipeline>>(type: K, listener: Listener<RegistryEvents<Pipeline>[K]>): Unsubscribe {
    return this.#events.on(type, listener);
  }
}

function isSame(a: Pipeline, b: Pipeline): boolean {
  return a.policies.length === b.policies.length && a.policies.every((policy, at) => policy === b.policies[at]);
}
