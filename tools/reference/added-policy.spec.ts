import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import {
  type CallContext,
  createRegistries,
  definePipeline,
  definePolicy,
  BasePolicy,
  OptionSchema,
  policies,
  type Policy,
  type PolicyEvent,
  type PolicyTable,
  type ProtectedCall,
  registryToken,
  systemClock,
  wholeNumber,
} from '@breakwater/resilience';
import { describeInstance, explain } from '@breakwater/resilience/doctor';
import {
  ResilienceActuatorModule,
  ResilienceModule,
  ResilienceRegistries,
  ResilienceReloader,
  ResilienceReloadModule,
} from '@breakwater/resilience/nest';
import { instrument } from '@breakwater/resilience/opentelemetry';
import { bindToPrometheus } from '@breakwater/resilience/prometheus';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policySection, referencedPolicies } from './policies.ts';

/** A policy that the library does not have: it counts greetings. */
class Greeting
  extends BasePolicy<{ readonly GREETED: PolicyEvent & { readonly type: 'GREETED' } }, 'greetingName'>
  implements Policy
{
  config: { readonly times: number };

  constructor(name: string, config: { readonly times: number }) {
    super('greetingName', name, systemClock, 10);
    this.config = config;
  }

  execute<T>(call: ProtectedCall<T>, given?: Partial<CallContext>): Promise<T> {
    this.emit('GREETED', {});
    return Promise.resolve(call({ signal: new AbortController().signal, attempt: 1, ...given }));
  }

  reconfigure(config: { readonly times: number }): void {
    this.config = config;
  }
}

const greetingOptions = new OptionSchema({ times: wholeNumber(1, { min: 1 }) });

const greeting = definePolicy({
  kind: 'greeting',
  label: 'Greeting',
  title: 'Greeting',
  section: 'greeting',
  inPipeline: true,
  options: greetingOptions,
  events: { GREETED: true },
  meters: [{ type: 'eventCounter', name: 'greetings_total', help: 'Greetings.', counts: { GREETED: {} } }],
  spanEvents: { policy: 'greeting', events: { GREETED: { name: 'greeted' } } },
  actuator: { plural: 'greetings' },
  create: (name: string, options: { readonly times?: number }) =>
    new Greeting(name, greetingOptions.resolve(`Greeting '${name}'`, options)),
});

/** The library's table with one line more, in front of the bulkhead. */
const extended: PolicyTable = (policies as PolicyTable).flatMap((definition) =>
  definition.kind === 'bulkhead' ? [greeting, definition] : [definition],
);
/** Its kind. The types know only the kinds of the library's table; one without meaning here takes its place. */
const kind = 'greeting' as unknown as 'hedge';

const exporter = new InMemorySpanExporter();

/** An application with a pipeline that has the policy. */
async function application(table: PolicyTable, file: string): Promise<NestFastifyApplication> {
  const module = await Test.createTestingModule({
    imports: [
      ResilienceModule.forRoot({ env: {}, configFiles: [file] }, table),
      ResilienceReloadModule.forRoot(),
      ResilienceActuatorModule.forRoot({}, table),
    ],
  }).compile();
  const made = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await made.init();
  await made.getHttpAdapter().getInstance().ready();
  return made;
}

const configured = (times: number) =>
  `resilience4j:\n  greeting: { instances: { customer: { times: ${times} } } }\n  bulkhead: { instances: { customer: {} } }\n`;

async function withApplication<T>(
  table: PolicyTable,
  use: (app: NestFastifyApplication, file: string) => Promise<T>,
): Promise<T> {
  const file = join(tmpdir(), `added-policy-${process.pid}-${Math.random().toString(36).slice(2)}.yml`);
  await writeFile(file, configured(1));
  const app = await application(table, file);
  try {
    return await use(app, file);
  } finally {
    await app.close();
    await rm(file);
  }
}

const greetingOf = (table: PolicyTable): Policy | undefined =>
  (createRegistries({}, {}, table)[kind] as { getOrCreate(name: string): Policy } | undefined)?.getOrCreate('customer');

/** Where users of the library meet a policy; each returns whether it finds the added one. */
const surfaces: Readonly<Record<string, (table: PolicyTable) => boolean | Promise<boolean>>> = {
  registry: (table) => greetingOf(table) instanceof Greeting,
  'Nest token': (table) =>
    withApplication(table, async (app) => app.get(registryToken(kind)).find('customer') !== undefined),
  reload: (table) =>
    withApplication(table, async (app, file) => {
      await writeFile(file, configured(2));
      const { changes } = await app.get(ResilienceReloader).reload();
      return changes.some(({ subject }) => subject === "Greeting 'customer'");
    }),
  'actuator path': (table) =>
    withApplication(table, async (app) => {
      await app
        .get(ResilienceRegistries)
        .pipeline('customer')
        .execute(() => 'hello');
      const list = await request(app.getHttpServer()).get('/actuator/greetings');
      const events = await request(app.getHttpServer()).get('/actuator/greetingevents/customer/GREETED');
      return list.status === 200 && list.body.greetings[0] === 'customer' && events.body.greetingEvents.length === 1;
    }),
  metric: async (table) => {
    const registries = createRegistries({}, {}, table);
    const prometheus = new Registry();
    bindToPrometheus(registries, prometheus, { policies: table });
    await (registries[kind] as { getOrCreate(name: string): Policy } | undefined)
      ?.getOrCreate('customer')
      .execute(() => 'hello');
    return (await prometheus.metrics()).includes('greetings_total{name="customer"} 1');
  },
  'span event': async (table) => {
    const registries = createRegistries({}, {}, table);
    const stop = instrument(registries, { policies: table });
    await trace.getTracer('spec').startActiveSpan('request', async (span) => {
      await (registries[kind] as { getOrCreate(name: string): Policy } | undefined)
        ?.getOrCreate('customer')
        .execute(() => 'hello');
      span.end();
    });
    stop();
    return exporter
      .getFinishedSpans()
      .some(({ events }) => events.some(({ name }) => name === 'breakwater.greeting.greeted'));
  },
  'pipeline order': (table) => {
    const { bulkhead, timeLimiter } = createRegistries({}, {}, table);
    const members = {
      bulkhead: bulkhead.getOrCreate('customer'),
      [kind]: greetingOf(table),
      timeLimiter: timeLimiter.getOrCreate('customer'),
    };
    return definePipeline('customer', members, table).describe() === 'timeLimiter(greeting(bulkhead(call)))';
  },
  'pipeline order of an application': (table) =>
    withApplication(
      table,
      async (app) => app.get(ResilienceRegistries).pipeline('customer').policies[0] instanceof Greeting,
    ),
  'reference page': async (table) => {
    const referenced = referencedPolicies(table).find(({ format }) => format.label === 'Greeting');
    return referenced !== undefined && policySection(referenced).includes('`times`');
  },
  doctor: (table) => {
    const instance = describeInstance('customer', { [kind as string]: { times: 2 }, bulkhead: {} }, table);
    return explain(instance, table).includes('Greeting: times 2.');
  },
};

describe('A policy that is added to the table', () => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  });

  afterAll(() => {
    trace.disable();
    context.disable();
  });

  it.each(Object.entries(surfaces))('is found in: %s', async (_, find) => {
    exporter.reset();
    await expect(Promise.resolve(find(extended))).resolves.toBe(true);
  });

  it.each(Object.entries(surfaces))('is not found without its line in the table: %s', async (_, find) => {
    exporter.reset();
    await expect(
      Promise.resolve()
        .then(() => find(policies))
        .catch(() => false),
    ).resolves.toBe(false);
  });
});
