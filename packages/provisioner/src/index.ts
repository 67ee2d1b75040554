export { openClients, type Clients, type ClientSettings } from './clients.ts';
export type { World } from './world.ts';
export { checkFleetSpec, type FleetSpec, type WorkerSettings } from './fleet-spec.ts';
export { learnerLab } from './learner-lab.ts';
export { ARTIFACT_NAME, artifactFromBytes, artifactFromFile, type Artifact } from './bundles/artifact.ts';
export { artifactKey, bundleOf, type Bundle } from './bundles/bundle.ts';
export { uploadArtifacts } from './bundles/upload.ts';
export type { InstallPlan } from './bundles/presign.ts';
export { provisionFleet, type Fleet, type ProvisionOptions } from './fleet.ts';
export type { Resource, Step, StepOutcome } from './step.ts';
export type { InstanceInfo, Role } from './instances/instance.ts';
export { describeType, type TypeInfo } from './instances/describe-type.ts';
export { describeFleet, fleetInstances, type FleetStatus } from './describe-fleet.ts';
export { stopFleet, terminateFleet, type TornDown } from './teardown.ts';
export { createResultQueue, deleteResultQueue, type QueueDepth } from './queues.ts';
export { startWorkers, stopWorkers, type StartedWorkers, type WorkerStart } from './commands/start-workers.ts';
export { outputStream, startMaster, type StartedMaster } from './commands/start-master.ts';
export { lastWords, type LastWords } from './commands/last-words.ts';
export { cancelCommand, commandStatus, type CommandStatus } from './commands/status.ts';
export type { RunningCommand } from './commands/running.ts';
export { followLogStream, type FollowOptions, type LogEvent } from './log-stream.ts';
export { installScript } from './shell/install-script.ts';
export {
  masterScript,
  workerScript,
  type MasterScriptOptions,
  type WorkerScriptOptions,
} from './shell/program-script.ts';
export { explainAwsError } from './explain.ts';
export {
  AwsError,
  AwsRefusalError,
  BucketNotEmptiedError,
  CapacityError,
  CredentialsError,
  DeadlineError,
  InstanceLostError,
  PermissionError,
  ProvisionerError,
  QuotaError,
  RegionError,
  SettingError,
  SpecError,
  ThrottledError,
  UnreachableError,
} from './errors.ts';
