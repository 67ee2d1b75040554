/** Base of the errors of this package: `_tag` tells them apart, `message` says what was expected, found and to do next. */
export abstract class ProvisionerError extends Error {
  abstract readonly _tag: string;
  override get name(): string {
    return this._tag;
  }
}

/** A value of the fleet's specification is not allowed. Nothing was started. */
export class SpecError extends ProvisionerError {
  readonly _tag = 'SpecError';
  readonly field: string;
  constructor(field: string, expected: string, value: unknown) {
    super(`${field} must be ${expected}, but is ${JSON.stringify(value)?.slice(0, 120) ?? 'missing'}`);
    this.field = field;
  }
}

/** Something that was waited for did not come in time. What was set up so far stays; calling again goes on from there. */
export class DeadlineError extends ProvisionerError {
  readonly _tag = 'DeadlineError';
  readonly what: string;
  readonly ids: readonly string[];
  readonly lastState: string;
  readonly seconds: number;
  constructor(what: string, ids: readonly string[], lastState: string, seconds: number, options?: ErrorOptions) {
    const named = ids.length === 0 ? '' : ` (${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''})`;
    super(
      `waited ${Math.round(seconds)} s for ${what}${named}, last seen: ${lastState}; ` +
        'look at the instances in the EC2 console, then run the command again: it goes on from where it stopped',
      options,
    );
    this.what = what;
    this.ids = ids;
    this.lastState = lastState;
    this.seconds = seconds;
  }
}

/** An instance ended while it was waited for. Calling again makes another. */
export class InstanceLostError extends ProvisionerError {
  readonly _tag = 'InstanceLostError';
  readonly instanceId: string;
  readonly state: string;
  constructor(instanceId: string, state: string, reason: string) {
    super(
      `instance ${instanceId} is ${state} instead of running (${reason || 'no reason given'}); run the command again for another`,
    );
    this.instanceId = instanceId;
    this.state = state;
  }
}

/** An object could not be deleted. A bucket policy or an object lock forbids it. */
export class BucketNotEmptiedError extends ProvisionerError {
  readonly _tag = 'BucketNotEmptiedError';
  readonly bucket: string;
  readonly key: string;
  constructor(bucket: string, key: string, code: string) {
    super(
      `object ${key} of bucket ${bucket} could not be deleted (${code}); delete it in the S3 console, then try again`,
    );
    this.bucket = bucket;
    this.key = key;
  }
}

/** Base of what AWS or the way to it refused; `code` is AWS's own, `cause` the SDK's error. */
export abstract class AwsError extends ProvisionerError {
  readonly code: string;
  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Credentials are missing, expired or wrong. The person logs in again. */
export class CredentialsError extends AwsError {
  readonly _tag = 'CredentialsError';
}
/** No region is set, or there is no such region. */
export class RegionError extends AwsError {
  readonly _tag = 'RegionError';
}
/** The credentials are right but not allowed to do this. */
export class PermissionError extends AwsError {
  readonly _tag = 'PermissionError';
}
/** The account's own limit is reached. Fewer or smaller instances, or a raised limit. */
export class QuotaError extends AwsError {
  readonly _tag = 'QuotaError';
}
/** AWS has no such machine free now. Later, elsewhere or another type. */
export class CapacityError extends AwsError {
  readonly _tag = 'CapacityError';
}
/** A setting of the fleet (profile, key, image, subnet, type) is not known to the account. */
export class SettingError extends AwsError {
  readonly _tag = 'SettingError';
}
/** The cloud's endpoint did not answer. */
export class UnreachableError extends AwsError {
  readonly _tag = 'UnreachableError';
}
/** AWS asked to slow down, and went on asking. */
export class ThrottledError extends AwsError {
  readonly _tag = 'ThrottledError';
}
/** Any other refusal. */
export class AwsRefusalError extends AwsError {
  readonly _tag = 'AwsRefusalError';
}
