import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** The removal takes a few seconds; the timeout is for an engine that does not respond. */
const cleanUpTimeoutMs = 120_000;

/** Displayed length of the output of a failed command. */
const lastCharacters = 4_000;

/** A running container according to `docker inspect`. */
export interface RunningContainer {
  readonly id: string;
  /** The replica's name in the image: the service's name and the start of the container's id. */
  readonly instance: string;
  readonly startedAt: string;
}

/** A compose project that is independent of others on the same engine. */
export class ComposeProject {
  readonly #name: string;
  readonly #cwd: string;
  readonly #env: Record<string, string | undefined>;
  readonly #signal: AbortSignal;

  /**
   * @param name prefix of containers, networks and volumes
   * @param cwd where docker-compose.yml is; `COMPOSE_FILE` may name others
   * @param env in addition to the environment of this process
   * @param signal ends all commands except {@link remove}
   */
  constructor(name: string, cwd: string, env: Readonly<Record<string, string>>, signal: AbortSignal) {
    this.#name = name;
    this.#cwd = cwd;
    this.#env = { ...process.env, ...env };
    this.#signal = signal;
  }

  /** Sets variables for all later commands. */
  set(variables: Readonly<Record<string, string>>): void {
    Object.assign(this.#env, variables);
  }

  /** @returns its standard output */
  compose(...args: readonly string[]): Promise<string> {
    return this.docker('compose', '--project-name', this.#name, '--progress', 'plain', ...args);
  }

  /** @returns its standard output */
  docker(...args: readonly string[]): Promise<string> {
    return this.#run('docker', args);
  }

  /** Runs a program of this project on this machine. @returns its standard output */
  node(...args: readonly string[]): Promise<string> {
    return this.#run(process.execPath, args);
  }

  /** The containers of a service that run now. */
  async containersOf(service: string): Promise<RunningContainer[]> {
    const ids = lines(await this.compose('ps', '--quiet', '--status', 'running', service));
    if (ids.length === 0) return [];
    const output = await this.docker(
      'inspect',
      '--format',
      '{{.Id}} {{.Config.Hostname}} {{.State.StartedAt}}',
      ...ids,
    );
    return lines(output).map((line) => {
      const [id = '', hostname = '', startedAt = ''] = line.split(' ');
      return { id, instance: `${service}-${hostname}`, startedAt };
    });
  }

  /** Queries the database as its superuser. @returns rows of columns as text */
  async query(sql: string): Promise<string[][]> {
    const database = ['--username=postgres', '--dbname=breakwater', '--no-psqlrc', '--tuples-only', '--no-align'];
    const output = await this.compose('exec', '-T', 'postgres', 'psql', ...database, '--command', sql);
    return lines(output).map((line) => line.split('|'));
  }

  /** The end of every container's log. */
  logs(): Promise<string> {
    return this.#uninterrupted('compose', '--project-name', this.#name, 'logs', '--no-color', '--tail', '15');
  }

  /** Removes containers, networks and volumes. Works in any state, and when nothing is there. */
  async remove(): Promise<void> {
    const down = ['down', '--volumes', '--remove-orphans', '--timeout', '5'];
    await this.#uninterrupted('compose', '--project-name', this.#name, '--profile', '*', ...down);
  }

  /** The remaining objects of the project. */
  async leftovers(): Promise<string[]> {
    const filter = ['--quiet', '--filter', `label=com.docker.compose.project=${this.#name}`];
    const found = await Promise.all([
      this.#uninterrupted('ps', '--all', ...filter),
      this.#uninterrupted('volume', 'ls', ...filter),
      this.#uninterrupted('network', 'ls', ...filter),
    ]);
    return found.flatMap(lines);
  }

  /** Runs docker with a time limit of its own, because an interruption must not end it. */
  #uninterrupted(...args: readonly string[]): Promise<string> {
    return this.#run('docker', args, AbortSignal.timeout(cleanUpTimeoutMs));
  }

  /**
   * Runs a program, and ends it when the signal aborts.
   *
   * @returns its standard output
   * @throws Error with the end of its output when it fails; the signal's reason when that aborts
   */
  async #run(program: string, args: readonly string[], signal = this.#signal): Promise<string> {
    signal.throwIfAborted();
    // Its own process group: Ctrl-C must not end `docker compose down`.
    const child = spawn(program, args, {
      cwd: this.#cwd,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let [output, log] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      log += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    try {
      const [code] = (await once(child, 'close')) as [number | null];
      signal.throwIfAborted();
      if (code === 0) return output;
      throw new Error(
        `${[program, ...args].join(' ')} failed (${code ?? 'ended by a signal'}):\n${log.slice(-lastCharacters)}`,
      );
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');
