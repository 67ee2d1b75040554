/**
 * The states of an instance and the moves between them.
 *
 *   pending -> running             the machine is switched on; a little later its SSM agent answers (online)
 *   running -> stopping -> stopped every process ends, the directory stays
 *   stopped -> pending             StartInstances
 *   any but terminated -> shutting-down -> terminated   every process ends, directory and credentials go
 *
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */
export type StateName = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

/** The numbers that the API gives beside the names. */
export const stateCodes: Readonly<Record<StateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export const nextStates: Readonly<Record<StateName, readonly StateName[]>> = {
  pending: ['running', 'shutting-down'],
  running: ['stopping', 'shutting-down'],
  stopping: ['stopped', 'shutting-down'],
  stopped: ['pending', 'shutting-down'],
  'shutting-down': ['terminated'],
  terminated: [],
};
