export { BUNDLE_VERSION, PROTOCOL_VERSION } from './version.ts';
export {
  MalformedMessageError,
  OperandRefusedError,
  ProtocolError,
  ShapeMismatchError,
  ShapeSyntaxError,
  VersionMismatchError,
} from './errors.ts';
export { bytesPerElement, DType, formatShape, parseShape, Region, sameShape, Shape } from './shape.ts';
export { OperationName, operations, type Operation } from './operation.ts';
export { jobShapes, storedShape } from './job-shapes.ts';
export { ArrayName, ClusterName, JobId, newJobId, PackageId } from './ids.ts';
export { deadLetterQueueName, jobQueueName, resultQueueName } from './queues.ts';
export {
  CHECKSUMS_IN_RESULT,
  INLINE_TILE_BYTES,
  MOST_DELIVERIES,
  POISON_DELIVERIES,
  SQS_BATCH_MESSAGES,
  SQS_IN_FLIGHT_MESSAGES,
  SQS_LONG_POLL_SECONDS,
  SQS_MESSAGE_BYTES,
  SQS_VISIBILITY_SECONDS,
} from './limits.ts';
export { ArrayPiece, InlineTile, TileSink, TileSource } from './messages/tile.ts';
export {
  AddPackage,
  CheckVectors,
  Distribution,
  ExportPackage,
  GeneratePackage,
  IngestPackage,
  MultiplyPackage,
  RandomRecipe,
  ReducePackage,
  VerifyPackage,
  VerifyStep,
  WorkPackage,
  type PackageBody,
  type PackageKind,
  type PackageOf,
} from './messages/work-package.ts';
export { CheckOutcome, Checksums, KernelUse, Result } from './messages/result.ts';
export { Certificate, CertifiedOperand, MatrixHash } from './messages/certificate.ts';
export {
  ArrayDeclaration,
  CsvBand,
  CsvText,
  jobKey,
  JobSpec,
  KernelPreference,
  Manifest,
  OperandSpec,
} from './messages/job.ts';
export { Phase, Report } from './messages/report.ts';
export { ProgressEvent } from './messages/event.ts';
export { parseMessage } from './messages/parse.ts';
export type { Clock, MessageQueue, OpenQueue, QueueCounts, Random, ReceivedMessage } from './ports.ts';
