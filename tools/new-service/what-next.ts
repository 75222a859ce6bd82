import type { MadeService } from './make-service.ts';

/** The commands that follow, in their order. */
export const nextCommands = ({ service: { name } }: MadeService): readonly string[] => [
  'npm install',
  'npm run generate contracts',
  `npx nx run-many -t typecheck lint test e2e -p @breakwater/${name},@breakwater/${name}-e2e`,
];

/** What is still to be done by hand, and where. */
export function whatNext(made: MadeService): string {
  const { service, port, files } = made;
  const { name, NAME } = service;
  return `Made apps/${name} and e2e/${name}, ${files.length} files. It listens on port ${port} unless told otherwise.

Next, so that the workspace knows it, its contract is written, and all of it is checked:

${nextCommands(made)
  .map((command) => `  ${command}`)
  .join('\n')}

To have it in an image, name it in the Dockerfile's stage \`toolchain\`:

  --workspace=@breakwater/${name}

and in docker-compose.yml, beside a role of its own in compose/postgres/create-roles.sh:

  ${name}:
    <<: *hardened
    image: breakwater/${name}:\${BREAKWATER_VERSION:-local}
    build:
      <<: *build
      args: { <<: *build-args, APP: ${name} }
    environment:
      PORT: ${port}
      DATABASE_URL_FILE: /run/secrets/${name}-service-url
      ${NAME}_GREETING: Hello
    secrets: [${name}-service-url]
    networks: [back, data]
    healthcheck: *ready
    stop_grace_period: 20s
    deploy: *service-limits

To have lint keep it from importing other applications, in .oxlintrc.json:

  { "files": ["apps/${name}/**/*.ts"], "rules": { "no-restricted-imports": ["error", { "patterns": [
    { "regex": "^@breakwater/(account|customer|console|demo|system-runner)", "message": "Applications never import one another; they talk HTTP." }
  ] }] } }
`;
}
