export { pause, unlessAborted, untilAborted } from './abortable.ts';
export { describeFailure, parseChoice, parseFlags, UsageError } from './command-line.ts';
export type { SystemDatabase } from './database.ts';
export {
  chooseGateway,
  type GatewayChoice,
  nginxValues,
  nginxVersion,
  readNginxTemplate,
  renderTemplate,
} from './gateway/gateway-choice.ts';
export { LocalSystem, type StartUpStep } from './local-system.ts';
export { signalGroup } from './parent-watchdog.ts';
export { defaultPort, freePort, freePorts, highestPort, listen, loopback, urlOf } from './ports.ts';
export { findProgram } from './programs.ts';
export type { ServiceReplica } from './service-replica.ts';
export { nodeOptions, type ServiceEnvironment, type SystemOptions } from './services.ts';
export {
  childEnvironment,
  describeExit,
  type ProcessExit,
  type ProcessSpec,
  quoteError,
  respondsAt,
  SupervisedProcess,
} from './supervised-process.ts';
export { BuildFailure, SystemFailure } from './system-failure.ts';
export { compiled, workspaceRoot } from './workspace.ts';
