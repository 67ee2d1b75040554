import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import * as provisioner from '../src/index.ts';

it('the package exports these names', () => {
  expect(Object.keys(provisioner).sort()).toMatchInlineSnapshot(`
    [
      "ARTIFACT_NAME",
      "AwsError",
      "AwsRefusalError",
      "BucketNotEmptiedError",
      "CapacityError",
      "CredentialsError",
      "DeadlineError",
      "InstanceLostError",
      "PermissionError",
      "ProvisionerError",
      "QuotaError",
      "RegionError",
      "SettingError",
      "SpecError",
      "ThrottledError",
      "UnreachableError",
      "artifactFromBytes",
      "artifactFromFile",
      "artifactKey",
      "bundleOf",
      "cancelCommand",
      "checkFleetSpec",
      "commandStatus",
      "createResultQueue",
      "deleteResultQueue",
      "describeFleet",
      "describeType",
      "explainAwsError",
      "fleetInstances",
      "followLogStream",
      "installScript",
      "lastWords",
      "learnerLab",
      "masterScript",
      "openClients",
      "outputStream",
      "provisionFleet",
      "startMaster",
      "startWorkers",
      "stopFleet",
      "stopWorkers",
      "terminateFleet",
      "uploadArtifacts",
      "workerScript",
    ]
  `);
});

it('importing the package loads no AWS client', () => {
  const index = new URL('../src/index.ts', import.meta.url).href;
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    await import(${JSON.stringify(index)});
    process.stdout.write(loaded.filter((url) => /@aws-sdk|@smithy/.test(url)).join());`;
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })).toBe('');
});
