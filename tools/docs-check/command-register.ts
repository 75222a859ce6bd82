/**
 * What runs a command of the documentation, so that a command that stops working is noticed.
 *
 * - `verbatim`: a test takes the command from the page and runs it, in the project's folder or on a running system. Its output
 *   must contain `prints`.
 * - `by`: a test, a check or a step of CI runs the same; the line of the file `by` that does so contains `as`.
 * - `notRun`: nothing runs it, for this reason.
 */
export type CommandRun =
  | {
      readonly verbatim: 'in the project';
      readonly prints: string;
      /** Committed files that the command must leave unchanged. */
      readonly generates?: readonly string[];
      /** Default: 0. */
      readonly exits?: number;
    }
  | {
      readonly verbatim: 'on a system';
      readonly prints: string;
      /** Whether the command runs until it is ended. */
      readonly isEndless?: boolean;
    }
  /** Runs before the other commands of its page, in the same shell. */
  | { readonly verbatim: 'as preparation' }
  | { readonly by: string; readonly as: string }
  | { readonly notRun: string };

const cluster: CommandRun = {
  notRun: 'needs a cluster with kubelets; npm run verify -w k8s applies the same manifests to a real API server',
};
const ci = (as: string): CommandRun => ({ by: '.ci/run', as });
const composeCheck = (as: string): CommandRun => ({ by: 'tools/compose-check/steps.ts', as });
const clusterCheck = (as: string): CommandRun => ({ by: 'k8s/verify/verifications.ts', as });

/** Every command of every page. A test fails on a missing command and on one that no page has. */
export const register: Readonly<Record<string, CommandRun>> = {
  // The first steps.
  'npm ci': ci('npm ci'),
  'npm test': ci('npm test'),
  'npm ci && npm test': ci('npm test'),
  'npm ci && npm run demo': { by: 'apps/demo/src/demo.e2e.spec.ts', as: 'await demo.printed(running)' },
  'npm run demo': { by: 'apps/demo/src/demo.e2e.spec.ts', as: 'await demo.printed(running)' },
  'npm run demo -- --once': { by: 'apps/demo/src/demo.e2e.spec.ts', as: "'--once'" },
  'npm run --silent demo -- --json': { by: 'apps/demo/src/demo.e2e.spec.ts', as: "'--json'" },
  'npm run demo -- --help': { verbatim: 'in the project', prints: '--time-scale N' },
  'npm run demo -- --target URL': composeCheck("'apps/demo/src/main.ts'"),
  'npm run demo -- --target http://localhost:8080': composeCheck("'apps/demo/src/main.ts'"),
  'npm install @breakwater/resilience yaml': {
    by: 'libs/resilience/packaging/bare-application.ts',
    as: "'install'",
  },
  'npm install @breakwater/resilience': { by: 'libs/resilience/packaging/bare-application.ts', as: "'install'" },
  'npm install opossum': { by: 'libs/resilience/packaging/packed.e2e.spec.ts', as: "'opossum'" },

  // Checks and generators.
  'npx prettier --check .': ci('npx prettier --check .'),
  'npm run format': { notRun: 'formats files; CI runs npx prettier --check . on the same files' },
  'npm run generate': { notRun: 'runs every generator; tests check the files of each one' },
  'npm run generate contracts': {
    verbatim: 'in the project',
    prints: 'Successfully ran target build',
    generates: [
      'apps/account/openapi.json',
      'apps/customer/openapi.json',
      'libs/contracts/src/account.contract.ts',
      'libs/contracts/src/customer.contract.ts',
    ],
  },
  'npm run generate reference': { by: 'tools/reference/configuration-page.spec.ts', as: 'toMatchFileSnapshot' },
  'npm run generate dashboards': {
    verbatim: 'in the project',
    prints: '',
    generates: ['monitoring/grafana/dashboards/overview.json', 'monitoring/grafana/dashboards/resilience.json'],
  },
  'npm run generate api': { by: 'libs/resilience/packaging/api.e2e.spec.ts', as: 'api.md' },
  'npm run prose -w tools': { by: 'tools/prose/prose-check.spec.ts', as: 'await checkProse(file' },
  'npm run lint': { by: 'tools/test.ts', as: "'lint'" },
  'npm run typecheck': { by: 'tools/test.ts', as: "'typecheck'" },
  'npx nx show projects': { verbatim: 'in the project', prints: '@breakwater/account-e2e' },
  'npx nx e2e @breakwater/account-e2e': { by: 'tools/test.ts', as: "'e2e'" },
  'npm ci --dry-run': { verbatim: 'in the project', prints: '' },
  'npm run new:service -- audit-trail': {
    by: 'tools/new-service/new-service.e2e.spec.ts',
    as: "makeService(copy, 'audit-trail')",
  },
  'npm run new:service -- --help': { verbatim: 'in the project', prints: 'e2e/NAME' },
  'npm run generate rules': {
    verbatim: 'in the project',
    prints: '',
    generates: ['k8s/components/monitoring/prometheus-rule.yaml'],
  },
  'npm run conformance': { verbatim: 'in the project', prints: 'traces' },
  'npm run conformance -- FOLDER': ci('npm run --silent conformance -- ../shared/conformance'),
  'npm run doctor -- apps/account/resilience-demo.yml --latency 2s': {
    verbatim: 'in the project',
    prints: 'count-minimum-above-window',
  },
  'npm run doctor -- resilience.yml --latency 2s --concurrency 1': {
    by: 'tools/reference/doctor-page.spec.ts',
    as: 'await runDoctor(',
  },
  'npm run doctor -- resilience.yml --latency 2s': {
    by: 'tools/reference/doctor-page.spec.ts',
    as: 'await runDoctor(',
  },
  'npm run doctor -- apps/account/resilience-demo.yml --latency 2s --concurrency 1': {
    verbatim: 'in the project',
    prints: 'count-minimum-above-window',
    exits: 1,
  },
  'npm run doctor': { by: 'libs/resilience/src/doctor/command.spec.ts', as: 'runDoctor(' },
  'npm run --silent doctor': { by: 'libs/resilience/src/doctor/command.spec.ts', as: 'runDoctor(' },
  'npx nx test @breakwater/resilience': { by: 'tools/test.ts', as: "'test'" },
  'npx nx e2e console': { by: 'tools/test.ts', as: "'e2e'" },
  'npm run screenshots -w @breakwater/console-e2e': {
    notRun: 'writes images for the documentation; e2e/console opens the same pages in npm test',
  },
  'node dist/migrate.js': { by: 'e2e/customer/src/process.spec.ts', as: "start('migrate.js'" },
  'node --cpu-prof': { notRun: 'a Node option for profiling by hand' },
  'apt-get install chromium': ci('missing+=(chromium)'),
  'apt-get install etcd-server': {
    notRun: 'installs a Debian package; npm run verify -w k8s reports if it is missing',
  },

  // On a running system.
  [`curl -i http://localhost:8080/accounts -H 'content-type: application/json' -H 'idempotency-key: my-first' -d '{"customerId":"c-1001","currency":"EUR"}'`]:
    { verbatim: 'on a system', prints: 'HTTP/1.1 201' },
  [`curl -i http://localhost:8080/accounts -H 'content-type: application/json' -H "idempotency-key: $(date +%s%N)" -d '{"customerId":"c-1001","currency":"EUR"}'`]:
    { verbatim: 'on a system', prints: 'HTTP/1.1 201' },
  'CUSTOMER=http://localhost:3001': { verbatim: 'as preparation' },
  [`faults() { curl -s -X "$1" "$CUSTOMER/faults$3" -H "authorization: Bearer $FAULTS_TOKEN" \${2:+-H 'content-type: application/json' -d "$2"}; }`]:
    { verbatim: 'as preparation' },
  'faults GET': { verbatim: 'on a system', prints: '"injected"' },
  [`faults PUT '{"latency":"2s"}'`]: { verbatim: 'on a system', prints: '"latency":"2s"' },
  [`faults PATCH '{"hang":{"rate":0.1}}'`]: { verbatim: 'on a system', prints: '"hang":{"rate":0.1}' },
  'faults DELETE': { verbatim: 'on a system', prints: '"active":[]' },
  [`faults PUT '{
  "steps": [
    { "at": "0s",  "faults": { "latency": "20ms" } },
    { "at": "30s", "faults": { "latency": "20ms", "errors": [{ "status": 503, "rate": 0.5 }] } },
    { "at": "60s", "faults": { "hang": { "rate": 1 } } },
    { "at": "90s", "faults": {} }
  ]
}' /timeline`]: { verbatim: 'on a system', prints: '"state":"playing"' },
  "faults GET '' /timeline": { verbatim: 'on a system', prints: '"state"' },
  "faults DELETE '' /timeline": { verbatim: 'on a system', prints: '"state"' },
  'curl -s http://account:3000/actuator/circuitbreakers | jq': {
    verbatim: 'on a system',
    prints: '"state": "CLOSED"',
  },
  'curl -s http://account:3000/actuator/circuitbreakerevents/customer | jq': {
    verbatim: 'on a system',
    prints: '"circuitBreakerEvents"',
  },
  'curl -N http://account:3000/actuator/events/stream': {
    verbatim: 'on a system',
    prints: 'event: SUCCESS',
    isEndless: true,
  },
  [`curl -s -X POST http://account:3000/actuator/circuitbreakers/customer -H "authorization: Bearer $ACTUATOR_TOKEN" -H 'content-type: application/json' -d '{"updateState":"FORCE_OPEN"}'`]:
    { verbatim: 'on a system', prints: 'FORCED_OPEN' },
  'curl -s http://customer:3001/faults -H "authorization: Bearer $FAULTS_TOKEN"': {
    verbatim: 'on a system',
    prints: '"faults"',
  },
  [`curl -s -X PUT http://customer:3001/faults -H "authorization: Bearer $FAULTS_TOKEN" -H 'content-type: application/json' -d '{"latency":"0ms"}'`]:
    { verbatim: 'on a system', prints: '"latency":"0ms"' },

  // Containers.
  'npm run compose:check': ci('npm run --silent compose:check'),
  'docker compose up --build': composeCheck("project.compose('up'"),
  'docker compose up': composeCheck("project.compose('up'"),
  'docker compose --env-file compose/demo.env up --build': composeCheck("'compose/demo.env'"),
  'docker compose up -d --no-recreate --scale account=4': composeCheck(
    "'--no-recreate', '--no-deps', '--scale', 'account=4'",
  ),
  'docker compose --profile chaos up chaos': composeCheck("'--profile', 'chaos', 'up'"),
  'docker compose --profile monitoring up -d': composeCheck("'prometheus'"),
  'docker compose --profile load up load': {
    notRun: 'the k6 image is not available everywhere; load-tests runs the same script with an installed k6',
  },
  'CONSOLE_LOAD=true DEMO_MODE=true docker compose up': {
    by: 'apps/console/src/console.spec.ts',
    as: "CONSOLE_LOAD: 'true'",
  },
  'docker compose down -v': { by: 'tools/compose-check/compose-project.ts', as: "'--volumes'" },
  'docker kill breakwater-account-1': composeCheck("project.docker('kill'"),
  'docker build --build-arg APP=account .': composeCheck("project.compose('build')"),
  'docker build --build-arg APP=account --tag breakwater/account:local .': composeCheck("project.compose('build')"),
  'docker build --build-arg APP=customer --tag breakwater/customer:local .': composeCheck("project.compose('build')"),
  'docker build --build-arg APP=console --tag breakwater/console:local .': composeCheck("project.compose('build')"),
  'docker compose exec nginx': composeCheck("'exec', '-T', 'nginx'"),
  'docker compose ps': composeCheck("command: ['ps']"),
  'docker compose ps account': composeCheck("['ps', 'account']"),
  'docker compose ps postgres': composeCheck("['ps', 'postgres']"),
  'docker compose logs --tail 50 account': composeCheck("'logs', '--tail', '50', 'account'"),
  'docker compose up -d --scale account=2 --no-recreate': composeCheck("'--scale', 'account=2'"),
  "docker inspect -f '{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' $(docker ps -q)":
    composeCheck('{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'),
  "docker inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' <container>": composeCheck(
    '{{.State.ExitCode}} {{.State.OOMKilled}}',
  ),

  // Load.
  'npm run bench': ci('npm run --silent bench -- --guard'),
  'npm run bench -- --guard': ci('npm run --silent bench -- --guard'),
  'npm run bench -- --case success': {
    notRun: 'part of npm run bench, which CI runs as a whole',
  },
  'npm run --silent bench -- --json': {
    by: 'libs/resilience/bench/bench.spec.ts',
    as: 'JSON.parse(await readFile(resultFile',
  },
  'npm run bench -- --publish': { by: 'libs/resilience/bench/bench.spec.ts', as: 'pageWith(document)' },
  'npm run bench -w load-tests': ci('npm run --silent bench -w load-tests -- --guard'),
  'npm run bench -w load-tests -- --guard': ci('npm run --silent bench -w load-tests -- --guard'),
  'npm run bench -w load-tests -- cold-start': { by: 'load-tests/bench/options.spec.ts', as: "'cold-start'" },
  'npm run bench -w load-tests -- --control': { by: 'load-tests/bench/options.spec.ts', as: "'--control'" },
  'npm run --silent bench -w load-tests -- --json > docs/performance/service.json': {
    by: 'load-tests/bench/options.spec.ts',
    as: "'--json'",
  },
  'npm run load-test -- --list': { verbatim: 'in the project', prints: 'customer-slow' },
  'npm run load-test -- customer-slow': ci('npm run --silent load-test -- "$scenario" --short'),
  'npm run load-test -- compare customer-slow': {
    by: 'load-tests/runner/options.spec.ts',
    as: "parseOptions(['compare', 'customer-slow'])",
  },
  'npm run load-test -- all': { by: 'load-tests/runner/options.spec.ts', as: "parseOptions(['all'])" },
  'npm run load-test -- soak --duration 3600': {
    by: 'load-tests/runner/options.spec.ts',
    as: "parseOptions(['soak', '--duration', '600'])",
  },
  'npm run load-test -- publish': { by: 'load-tests/report/report.spec.ts', as: 'is published with its failures' },
  'npm run load-test -- --install-k6': ci('npm run --silent load-test -- --install-k6'),

  // Kubernetes.
  'npm run verify -w k8s': ci('npm run --silent verify -w k8s'),
  'npm run scaling -w k8s': {
    notRun: 'needs kwok and twenty minutes; k8s/scaling/timeline.spec.ts checks the recorded result against the page',
  },
  'npm run capacity -w k8s': { notRun: 'needs an idle machine; no test depends on its numbers' },
  'kubectl apply -k k8s/overlays/local': {
    by: 'k8s/verify/verifications.ts',
    as: "plane.kubectl(['apply', ...strict]",
  },
  'kubectl apply -k k8s/overlays/production': {
    by: 'k8s/verify/verifications.ts',
    as: "plane.kubectl(['apply', ...strict]",
  },
  'kubectl apply -f k8s/base/namespace.yaml': { by: 'k8s/verify/verifications.ts', as: 'base/namespace.yaml' },
  'kubectl apply': cluster,
  'kubectl delete pod': clusterCheck("'delete', 'pod'"),
  'kubectl -n breakwater scale': clusterCheck("'scale', 'deployment/customer'"),
  'kind create cluster --name breakwater': cluster,
  'kind delete cluster --name breakwater': cluster,
  'kind load docker-image --name breakwater breakwater/account:local breakwater/customer:local breakwater/console:local':
    cluster,
  'k3d cluster create breakwater': cluster,
  'k3d image import --cluster breakwater breakwater/account:local breakwater/customer:local breakwater/console:local':
    cluster,
  'kubectl -n breakwater rollout status deployment/account --timeout=5m': cluster,
  'kubectl -n breakwater rollout status deployment/account --timeout=10m': cluster,
  'kubectl -n breakwater rollout restart deployment/account': clusterCheck(
    "'rollout', 'restart', 'deployment/account'",
  ),
  'kubectl -n breakwater port-forward service/nginx 8080:80 &': cluster,
  'kubectl -n breakwater port-forward deployment/customer 3001 &': cluster,
  'kubectl -n breakwater port-forward deployment/console 3002': cluster,
  'kubectl -n breakwater get pods --watch &': cluster,
  'kubectl -n breakwater delete pod -l app.kubernetes.io/name=account --wait=false': clusterCheck(
    "'-l', 'app.kubernetes.io/name=account', '--wait=false'",
  ),
  'kubectl -n breakwater delete job account-migrations customer-migrations --ignore-not-found': clusterCheck(
    "'delete', 'job', 'account-migrations', 'customer-migrations', '--ignore-not-found'",
  ),
  'kubectl -n breakwater logs --selector app.kubernetes.io/name=account --follow | grep -i breaker': cluster,
  'kubectl -n breakwater edit configmap account-resilience': cluster,
  'kubectl -n breakwater create secret generic account --from-file=database-url --from-file=actuator-token':
    clusterCheck("['account', 'database-url', 'actuator-token']"),
  'kubectl -n breakwater create secret generic account-migrations --from-file=database-url': clusterCheck(
    "['account-migrations', 'database-url']",
  ),
  'kubectl -n breakwater create secret generic customer --from-file=database-url':
    clusterCheck("['customer', 'database-url']"),
  'kubectl -n breakwater create secret generic customer-migrations --from-file=database-url': clusterCheck(
    "['customer-migrations', 'database-url']",
  ),
  'cd k8s/overlays/production': cluster,
  'kustomize edit set image breakwater/account=registry.example.com/breakwater/account@sha256:…': cluster,
  'kustomize edit set image breakwater/console=registry.example.com/breakwater/console@sha256:…': cluster,
  'kustomize edit set image breakwater/customer=registry.example.com/breakwater/customer@sha256:…': cluster,
  [`while true; do curl -s -o /dev/null -w '%{http_code}\\n' http://localhost:8080/accounts -H 'content-type: application/json' -H "idempotency-key: $(date +%s%N)" -d '{"customerId":"c-1001","currency":"EUR"}'; sleep 0.2; done`]:
    { verbatim: 'on a system', prints: '201', isEndless: true },
  [`curl -X PUT http://localhost:3001/faults -H 'authorization: Bearer play-only-faults' -H 'content-type: application/json' -d '{"latency":"5s"}'`]:
    cluster,
};
