import type { FleetSpec } from './fleet-spec.ts';

/**
 * What an AWS Academy Learner Lab gives and allows: the key pair `vockey` and the instance profile
 * `LabInstanceProfile` exist in every lab, roles can't be made, and small instances keep within its budget. Only
 * us-east-1 and us-west-2 are open; the lab's page "AWS Details" shows credentials that last as long as the session.
 */
export const learnerLab = {
  masterType: 't3.large',
  workerType: 't2.micro',
  keyName: 'vockey',
  instanceProfile: 'LabInstanceProfile',
  onShutdown: 'stop',
} as const satisfies Partial<FleetSpec>;
