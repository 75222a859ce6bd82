/**
 * What runs each command of the documentation, so that a command that stops working is noticed. A test fails on a command that
 * no table has, and on one that no page has.
 */
type Texts = Readonly<Record<string, string>>;

/** Commands that a test takes from a page and runs in the project's folder. */
interface ProjectCommand {
  /** Text in the output. */
  readonly prints: string;
  /** Committed files that the command must leave unchanged. */
  readonly generates?: readonly string[];
  /** Default: 0. */
  readonly exits?: number;
}

export const inProject: Readonly<Record<string, ProjectCommand>> = {
  'npm run demo -- --help': { prints: '--time-scale N' },
  'npm run generate contracts': {
    prints: 'Successfully ran target build',
    generates: [
      'apps/account/openapi.json',
      'apps/customer/openapi.json',
      'libs/contracts/src/account.contract.ts',
      'libs/contracts/src/customer.contract.ts',
    ],
  },
  'npm run generate dashboards': {
    prints: '',
    generates: ['monitoring/grafana/dashboards/overview.json', 'monitoring/grafana/dashboards/resilience.json'],
  },
  'npx nx show projects': { prints: '@breakwater/account-e2e' },
  'npm ci --dry-run': { prints: '' },
  'npm run new:service -- --help': { prints: 'e2e/NAME' },
  'npm run generate rules': { prints: '', generates: ['k8s/components/monitoring/prometheus-rule.yaml'] },
  'npm run conformance': { prints: 'traces' },
  'npm run doctor -- apps/account/resilience-demo.yml --latency 2s': { prints: 'count-minimum-above-window' },
  'npm run doctor -- apps/account/resilience-demo.yml --latency 2s --concurrency 1': {
    prints: 'count-minimum-above-window',
    exits: 1,
  },
  'npm run doctor -- libs/resilience/examples/storms/load-spike.yml --instance stays-down --storm --points 6': {
    prints: 'The smallest trigger that locks it in',
  },
  'npm run doctor -- libs/resilience/examples/storms/load-spike.yml --storm --load 200 --trigger load:4x5s --workers 20 --service 50ms --service-time fixed':
    {
      prints: 'storm-stays-down',
      exits: 1,
    },
  'npm run doctor -- libs/resilience/examples/storms/capacity-loss.yml --storm --load 200 --trigger capacity:4x10s --workers 20 --service 50ms':
    {
      prints: 'storm-stays-down',
      exits: 1,
    },
  'npm run doctor -- libs/resilience/examples/storms/slow-down.yml --storm --load 250 --trigger slow:5x10s --workers 20 --service 50ms':
    {
      prints: 'storm-stays-down',
      exits: 1,
    },
  'npm run doctor -- libs/resilience/examples/storms/cold-cache.yml --storm --load 200 --trigger cache:100x1s --workers 5 --service 50ms --cache 2000 --cache-ttl 5m':
    {
      prints: 'storm-stays-down',
      exits: 1,
    },
  'npm run load-test -- --list': { prints: 'customer-slow' },
};

/** Commands that a test takes from a page and runs on a system, with text in their output. */
export const onSystem: Texts = {
  [`curl -i http://localhost:8080/accounts -H 'content-type: application/json' -H 'idempotency-key: my-first' -d '{"customerId":"c-1001","currency":"EUR"}'`]:
    'HTTP/1.1 201',
  [`curl -i http://localhost:8080/accounts -H 'content-type: application/json' -H "idempotency-key: $(date +%s%N)" -d '{"customerId":"c-1001","currency":"EUR"}'`]:
    'HTTP/1.1 201',
  'faults GET': '"injected"',
  [`faults PUT '{"latency":"2s"}'`]: '"latency":"2s"',
  [`faults PATCH '{"hang":{"rate":0.1}}'`]: '"hang":{"rate":0.1}',
  'faults DELETE': '"active":[]',
  [`faults PUT '{
  "steps": [
    { "at": "0s",  "faults": { "latency": "20ms" } },
    { "at": "30s", "faults": { "latency": "20ms", "errors": [{ "status": 503, "rate": 0.5 }] } },
    { "at": "60s", "faults": { "hang": { "rate": 1 } } },
    { "at": "90s", "faults": {} }
  ]
}' /timeline`]: '"state":"playing"',
  "faults GET '' /timeline": '"state"',
  "faults DELETE '' /timeline": '"state"',
  'curl -s http://account:3000/actuator/circuitbreakers | jq': '"state": "CLOSED"',
  'curl -s http://account:3000/actuator/circuitbreakerevents/customer | jq': '"circuitBreakerEvents"',
  [`curl -s -X POST http://account:3000/actuator/circuitbreakers/customer -H "authorization: Bearer $ACTUATOR_TOKEN" -H 'content-type: application/json' -d '{"updateState":"FORCE_OPEN"}'`]:
    'FORCED_OPEN',
  'curl -s http://account:3000/actuator/endpointpools | jq': '"state": "IN_SERVICE"',
  [`curl -s -X POST http://account:3000/actuator/endpointpools/customer/$ENDPOINT -H "authorization: Bearer $ACTUATOR_TOKEN" -H 'content-type: application/json' -d '{"updateState":"EJECT"}'`]:
    'EJECTED',
  'curl -s http://customer:3001/faults -H "authorization: Bearer $FAULTS_TOKEN"': '"faults"',
  [`curl -s -X PUT http://customer:3001/faults -H "authorization: Bearer $FAULTS_TOKEN" -H 'content-type: application/json' -d '{"latency":"0ms"}'`]:
    '"latency":"0ms"',
};

/** The same for commands that run until they are ended. */
export const endlessOnSystem: Texts = {
  'curl -N http://account:3000/actuator/events/stream': 'event: SUCCESS',
};

/** Commands that run before the other commands of their page, in the same shell. */
export const preparations: readonly string[] = [
  'CUSTOMER=http://localhost:3001',
  `faults() { curl -s -X "$1" "$CUSTOMER/faults$3" -H "authorization: Bearer $FAULTS_TOKEN" \${2:+-H 'content-type: application/json' -d "$2"}; }`,
];

/** Commands that a test, a check or a step of CI runs too: by file, with text in the line that runs it. */
export const runBy: Readonly<Record<string, Texts>> = {
  '.ci/run': {
    'npm ci': 'npm ci',
    'npm test': 'npm test',
    'npm ci && npm test': 'npm test',
    'npx prettier --check .': 'npx prettier --check .',
    'npm run conformance -- FOLDER': 'npm run --silent conformance -- ../shared/conformance',
    'apt-get install chromium': 'missing+=(chromium)',
    'npm run compose:check': 'npm run --silent compose:check',
    'npm run bench': 'npm run --silent bench -- --guard',
    'npm run bench -- --guard': 'npm run --silent bench -- --guard',
    'npm run bench -w load-tests': 'npm run --silent bench -w load-tests -- --guard',
    'npm run bench -w load-tests -- --guard': 'npm run --silent bench -w load-tests -- --guard',
    'npm run load-test -- customer-slow': 'npm run --silent load-test -- "$scenario" --short',
    'npm run load-test -- --install-k6': 'npm run --silent load-test -- --install-k6',
    'npm run verify -w k8s': 'npm run --silent verify -w k8s',
  },
  'tools/test.ts': {
    'npm run lint': "'lint'",
    'npm run typecheck': "'typecheck'",
    'npx nx e2e @breakwater/account-e2e': "'e2e'",
    'npx nx test @breakwater/resilience': "'test'",
    'npx nx e2e console': "'e2e'",
  },
  'tools/compose-check/steps.ts': {
    'npm run demo -- --target URL': "'apps/demo/src/main.ts'",
    'npm run demo -- --target http://localhost:8080': "'apps/demo/src/main.ts'",
    'docker compose up --build': "project.compose('up'",
    'docker compose --env-file compose/demo.env up --build': "'compose/demo.env'",
    'docker compose --env-file compose/tracing.env up --build': "'compose/tracing.env'",
    'docker compose --env-file compose/tracing.env up': "'compose/tracing.env'",
    'docker compose up -d --no-recreate --scale account=4': "'--no-recreate', '--no-deps', '--scale', 'account=4'",
    'docker compose --profile chaos up chaos': "'--profile', 'chaos', 'up'",
    'docker compose --profile monitoring up -d': "'prometheus'",
    'docker kill breakwater-account-1': "project.docker('kill'",
    'docker build --build-arg APP=account .': "project.compose('build')",
    'docker build --build-arg APP=account --build-arg ENTRY=lab/main --tag breakwater/account-lab:local .':
      "project.compose('build')",
    'docker build --build-arg APP=customer --tag breakwater/customer:local .': "project.compose('build')",
    'docker build --build-arg APP=console --tag breakwater/console:local .': "project.compose('build')",
    'docker compose exec nginx': "'exec', '-T', 'nginx'",
    'docker compose ps': "command: ['ps']",
    'docker compose ps account': "['ps', 'account']",
    'docker compose ps postgres': "['ps', 'postgres']",
    'docker compose logs --tail 50 account': "'logs', '--tail', '50', 'account'",
    'docker compose up -d --scale account=2 --no-recreate': "'--scale', 'account=2'",
    "docker inspect -f '{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' $(docker ps -q)":
      '{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
    "docker inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' <container>":
      '{{.State.ExitCode}} {{.State.OOMKilled}}',
  },
  'tools/compose-check/compose-project.ts': {
    'docker compose down -v': "'--volumes'",
  },
  '.github/workflows/cluster.yml': {
    'npm run cluster -w k8s -- --context kind-breakwater': 'npm run cluster -w k8s -- --context kind-breakwater',
    'npm run cluster -w k8s -- --context NAME': 'npm run cluster -w k8s -- --context kind-breakwater',
    'npm run cluster -w k8s': 'npm run cluster -w k8s -- --context kind-breakwater',
    'kind create cluster --name breakwater --config k8s/kind.yaml':
      'kind create cluster --name breakwater --config k8s/kind.yaml',
    'kind load docker-image --name breakwater breakwater/account-lab:local breakwater/customer:local breakwater/console:local':
      'kind load docker-image --name breakwater breakwater/account-lab:local breakwater/customer:local breakwater/console:local',
  },
  'k8s/cluster/main.ts': {
    'kubectl delete namespace breakwater': "'delete',",
    'kubectl delete priorityclass breakwater-serving': "['delete', 'priorityclass', priorityClass",
    'kubectl -n breakwater logs --selector app.kubernetes.io/name=account --follow | grep -i breaker':
      '`--selector=app.kubernetes.io/name=${name}`',
  },
  'k8s/cluster/run.ts': {
    'kubectl -n breakwater port-forward service/nginx 8080:80 &': "forward('service/nginx', 80)",
    'kubectl -n breakwater port-forward deployment/customer 3001 &': 'forward(`pod/${pod}`, 3001)',
    [`curl -X PUT http://localhost:3001/faults -H 'authorization: Bearer play-only-faults' -H 'content-type: application/json' -d '{"latency":"5s"}'`]:
      "faults === undefined ? 'DELETE' : 'PUT'",
  },
  'k8s/cluster/steps/failures.ts': {
    'kubectl -n breakwater edit configmap account-resilience': "'account-resilience',",
  },
  'k8s/cluster/steps/replacements.ts': {
    'kubectl -n breakwater rollout status deployment/account --timeout=5m':
      "'rollout', 'status', `deployment/${deployment}`",
    'kubectl -n breakwater rollout status deployment/account --timeout=10m':
      "'rollout', 'status', `deployment/${deployment}`",
  },
  'k8s/cluster/steps/traces.ts': {
    'kubectl -n breakwater port-forward deployment/jaeger 16686': "forward('deployment/jaeger', 16686)",
  },
  'k8s/verify/verifications.ts': {
    'kubectl apply -k k8s/overlays/local': "plane.kubectl(['apply', ...strict]",
    'kubectl apply -k k8s/overlays/production': "plane.kubectl(['apply', ...strict]",
    'kubectl apply -f k8s/base/namespace.yaml': 'base/namespace.yaml',
    'kubectl -n breakwater delete job account-migrations customer-migrations --ignore-not-found':
      "'delete', 'job', 'account-migrations', 'customer-migrations', '--ignore-not-found'",
    'kubectl -n breakwater create secret generic account --from-file=database-url --from-file=actuator-token':
      "['account', 'database-url', 'actuator-token']",
    'kubectl -n breakwater create secret generic account-migrations --from-file=database-url':
      "['account-migrations', 'database-url']",
    'kubectl -n breakwater create secret generic customer --from-file=database-url': "['customer', 'database-url']",
    'kubectl -n breakwater create secret generic customer-migrations --from-file=database-url':
      "['customer-migrations', 'database-url']",
  },
  'libs/resilience/interleavings/interleavings.spec.ts': {
    'npm run interleavings -w @breakwater/resilience': "'main.ts'",
  },
  'apps/console/src/console.spec.ts': {
    'CONSOLE_LOAD=true DEMO_MODE=true docker compose up': "CONSOLE_LOAD: 'true'",
  },
  'apps/demo/src/demo.e2e.spec.ts': {
    'npm ci && npm run demo': 'await demo.printed(running)',
    'npm run demo': 'await demo.printed(running)',
    'npm run demo -- --once': "'--once'",
    'npm run --silent demo -- --json': "'--json'",
  },
  'apps/demo/src/traces.e2e.spec.ts': {
    "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 TRACE_URL='http://localhost:16686/trace/{traceId}' npm run demo":
      'receiver.environment',
  },
  'e2e/customer/src/process.spec.ts': {
    'node dist/migrate.js': "start('migrate.js'",
  },
  'libs/resilience/bench/bench.spec.ts': {
    'npm run --silent bench -- --json': 'await publishedDocument()',
    'npm run bench -- --case adapters --publish': 'withAdapters(before,',
    'npm run bench -- --publish': 'pageWith(await publishedDocument())',
  },
  'libs/resilience/packaging/entries.e2e.spec.ts': {
    'npm run generate api': 'api.md',
  },
  'libs/resilience/packaging/bare-application.ts': {
    'npm install @breakwater/resilience yaml': "'install'",
    'npm install @breakwater/resilience': "'install'",
    'npm install ./breakwater-resilience-0.1.0.tgz': "'install'",
    'npm pack ./libs/resilience/package': "['pack'",
    'npm install opossum': "'opossum'",
  },
  'libs/resilience/packaging/packed.e2e.spec.ts': {
    'npx nx package resilience': 'publishedFolder',
  },
  'libs/resilience/src/core/bulkhead/bulkhead.definition.spec.ts': {
    'npm run generate surfaces': "'./bulkhead.surface.json'",
  },
  'libs/resilience/src/doctor/command.spec.ts': {
    'npm run doctor': 'runDoctor(',
    'npm run --silent doctor': 'runDoctor(',
  },
  'load-tests/bench/options.spec.ts': {
    'npm run bench -w load-tests -- cold-start': "'cold-start'",
    'npm run bench -w load-tests -- services': "'services'",
    'npm run bench -w load-tests -- services --arms account,bare': "'account,bare'",
    'npm run bench -w load-tests -- protection': "'protection'",
    'npm run bench -w load-tests -- memory': "'memory'",
    'npm run bench -w load-tests -- watching': "'watching'",
    'npm run bench -w load-tests -- --control': "'--control'",
    'npm run --silent bench -w load-tests -- --json > docs/performance/service.json': "'--json'",
  },
  'load-tests/report/report.spec.ts': {
    'npm run load-test -- publish': 'is published with its failures',
  },
  'load-tests/runner/options.spec.ts': {
    'npm run load-test -- compare customer-slow': "parseOptions(['compare', 'customer-slow'])",
    'npm run load-test -- all': "parseOptions(['all'])",
    'npm run load-test -- storms': "parseOptions(['storms'])",
    'npm run load-test -- soak --duration 3600': "parseOptions(['soak', '--duration', '600'])",
  },
  'tools/new-service/new-service.e2e.spec.ts': {
    'npm run new:service -- audit-trail': "makeService(copy, 'audit-trail')",
  },
  'tools/prose/prose-check.spec.ts': {
    'npm run prose -w tools': 'await checkProse(file',
  },
  'tools/reference/pages.spec.ts': {
    'npm run generate reference': 'toMatchFileSnapshot',
    'npm run doctor -- resilience.yml --latency 2s --concurrency 1':
      "output('resilience.yml --latency 2s --concurrency 1')",
    'npm run doctor -- resilience.yml --latency 2s': "output('resilience.yml --latency 2s --concurrency 1')",
  },
};

const needsCluster = 'needs a cluster; npm run cluster -w k8s runs the others on one';

const longForm = 'takes minutes; a spec of the same folder runs a part of it in npm test';

const mutation = 'takes minutes to hours';

const writesImages = 'writes images for the documentation; e2e/console opens the same pages in npm test';

const likeThatOfAccount = 'compose:check runs the same command for account';

/** Commands that nothing runs, with the reason. */
export const notRun: Texts = {
  'npm run format': 'formats files; CI runs npx prettier --check . on the same files',
  'npm run interleavings -w @breakwater/resilience -- --long --seed 27': longForm,
  'npm run specification -w @breakwater/resilience': longForm,
  'npm run specification -w @breakwater/resilience -- --seed 27': longForm,
  'npm run mutation -- --record': mutation,
  'npm run mutation -- --shard 1/3': mutation,
  'npm run mutation -- --folder libs/resilience/src/core/bulkhead --files bulkhead.ts': mutation,
  'npm run generate': 'runs every generator; tests check the files of each one',
  'nest add @breakwater/resilience':
    'needs a published package; libs/resilience/packaging/schematic.e2e.spec.ts runs the schematic on a new application',
  'npm run fuzz -w tools -- --minutes 10 --seed 1': 'runs the fuzz specs for longer than npm test does',
  'npm run ledger -w @breakwater/system-e2e -- --minutes 30 --seed 1':
    'runs the ledger test for longer than npm test does',
  'npm run network-matrix -w @breakwater/system-e2e':
    'takes a quarter of an hour; npm test runs eight of its combinations',
  'npm sbom --sbom-format=cyclonedx --package-lock-only':
    'tools/dependencies/sbom.spec.ts runs the same command and reads its output',
  'npm run screenshots -w @breakwater/console-e2e': writesImages,
  'npm run animation -w @breakwater/console-e2e': writesImages,
  'npm run first-visit -w @breakwater/console-e2e': writesImages,
  'node --cpu-prof': 'a Node option for profiling by hand',
  'apt-get install etcd-server': 'installs a Debian package; npm run verify -w k8s reports if it is missing',
  'docker compose --profile load up load':
    'the k6 image is not available everywhere; load-tests runs the same script with an installed k6',
  'npm run bench -- --case success': 'part of npm run bench, which CI runs as a whole',
  'npm run scaling -w k8s':
    'needs kwok and twenty minutes; k8s/scaling/timeline.spec.ts checks the recorded result against the page',
  'npm run capacity -w k8s': 'needs an idle machine; no test depends on its numbers',
  'docker compose ps customer': likeThatOfAccount,
  'docker compose ps nginx': likeThatOfAccount,
  'docker compose logs --tail 50 customer': likeThatOfAccount,
  'docker compose up -d --scale customer=2 --no-recreate': likeThatOfAccount,
  'kubectl get deployment customer': needsCluster,
  'kubectl apply': needsCluster,
  'kind delete cluster --name breakwater': 'removes the cluster of the page; a runner of CI is discarded as a whole',
  'kubectl -n breakwater port-forward deployment/console 3002': needsCluster,
  'cd k8s/overlays/production': needsCluster,
  'kustomize edit set image breakwater/account=registry.example.com/breakwater/account@sha256:…': needsCluster,
  'kustomize edit set image breakwater/console=registry.example.com/breakwater/console@sha256:…': needsCluster,
  'kustomize edit set image breakwater/customer=registry.example.com/breakwater/customer@sha256:…': needsCluster,
};
