import {
  childEnvironment,
  freePort,
  loopback,
  type ProcessSpec,
  respondsAt,
  SupervisedProcess,
  urlOf,
} from '@breakwater/system-runner';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { prometheusFolder, type Rule } from '../prometheus/src/rule-files.ts';

/** A result of a query; empty without data. */
export interface QueryResult {
  readonly error?: string;
  readonly series: number;
}

/** A rule with the result of its last evaluation. */
export interface EvaluatedRule {
  readonly name: string;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
}

/** A Prometheus with the rules of this folder that scrapes the given processes. */
export interface RunningPrometheus {
  query(expr: string): Promise<QueryResult>;
  /** The traces to which exemplars of these series link. */
  tracesOf(expr: string): Promise<readonly string[]>;
  rules(): Promise<readonly EvaluatedRule[]>;
  /** Addresses that were scraped without an error. */
  scraped(): Promise<readonly string[]>;
  /** Stops the process where it is (SIGSTOP), with requests of its scrapes in flight. */
  freeze(): void;
  /** Ends it like a crash. */
  kill(): Promise<void>;
  /** Starts it again with the same data, after {@link kill}. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface Config {
  global: Record<string, unknown>;
  scrape_configs: { job_name: string; dns_sd_configs?: unknown; static_configs?: unknown; relabel_configs?: unknown }[];
}

/**
 * The committed configuration with two differences: replicas are listed by address and port instead of being found
 * by DNS, and intervals are shorter.
 */
async function configure(folder: string, port: number, targets: Readonly<Record<string, readonly string[]>>) {
  const config = parse(await readFile(new URL('prometheus.yml', prometheusFolder), 'utf8')) as Config;
  config.global = { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '1s' };
  for (const job of config.scrape_configs) {
    delete job.dns_sd_configs;
    // These replicas differ only in their ports, which the names of instances do not contain.
    delete job.relabel_configs;
    job.static_configs = [{ targets: targets[job.job_name] ?? [`127.0.0.1:${port}`] }];
  }
  await writeFile(join(folder, 'prometheus.yml'), stringify(config, { aliasDuplicateObjects: false }));

  await cp(new URL('rules', prometheusFolder), join(folder, 'rules'), { recursive: true });
  const recording = parse(await readFile(join(folder, 'rules/recording.yml'), 'utf8')) as {
    groups: { interval?: string; rules: Rule[] }[];
  };
  for (const group of recording.groups) delete group.interval;
  await writeFile(join(folder, 'rules/recording.yml'), stringify(recording));
}

/** The features that compose enables in Prometheus. */
function featuresOfCompose(): readonly string[] {
  const file = new URL('../../docker-compose.yml', import.meta.url);
  const { services } = parse(readFileSync(file, 'utf8'), { merge: true }) as {
    services: { prometheus: { command: readonly string[] } };
  };
  return services.prometheus.command.filter((flag) => flag.startsWith('--enable-feature='));
}

/** @param targets addresses by the names of their jobs */
export async function startPrometheus(
  program: string,
  targets: Readonly<Record<string, readonly string[]>>,
): Promise<RunningPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-prometheus-'));
  const port = await freePort();
  await configure(folder, port, targets);
  const spec: ProcessSpec = {
    name: 'Prometheus',
    command: program,
    args: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${loopback}:${port}`,
      '--log.level=warn',
      ...featuresOfCompose(),
    ],
    cwd: folder,
    env: childEnvironment(),
    logFile: join(folder, 'prometheus.log'),
    probe: respondsAt(`${urlOf(port)}/-/ready`),
  };
  const start = async (): Promise<SupervisedProcess> => {
    const started = new SupervisedProcess(spec);
    await started.ready(new AbortController().signal);
    return started;
  };
  let prometheus = await start();

  const get = async <Data>(path: string): Promise<{ data: Data; error?: string }> => {
    const response = await fetch(`${urlOf(port)}/api/v1/${path}`);
    return (await response.json()) as { data: Data; error?: string };
  };
  return {
    query: async (expr) => {
      const { data, error } = await get<{ result: unknown[] } | undefined>(`query?query=${encodeURIComponent(expr)}`);
      return { series: data?.result.length ?? 0, ...(error === undefined ? {} : { error }) };
    },
    tracesOf: async (query) => {
      const parameters = new URLSearchParams({ query, start: '0', end: String(Date.now() / 1_000 + 60) });
      const { data } = await get<{ exemplars: { labels: { trace_id: string } }[] }[]>(
        `query_exemplars?${parameters.toString()}`,
      );
      return data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id));
    },
    rules: async () => {
      const { data } = await get<{ groups: { rules: EvaluatedRule[] }[] }>('rules');
      return data.groups.flatMap(({ rules }) => rules);
    },
    scraped: async () => {
      const { data } = await get<{ activeTargets: { scrapeUrl: string; health: string }[] }>('targets?state=active');
      return data.activeTargets
        .filter(({ health }) => health === 'up')
        .map(({ scrapeUrl }) => new URL(scrapeUrl).host)
        .sort();
    },
    freeze: () => prometheus.signal('SIGSTOP'),
    kill: async () => {
      prometheus.kill();
      await prometheus.exited;
    },
    restart: async () => {
      prometheus = await start();
    },
    stop: async () => {
      await prometheus.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
