/** What the services and machines of a fleet can do. Published numbers have their page; the others say how they were had. */
export interface ScaleParameters {
  readonly instance: string;
  /** Bytes of memory that a worker may use, and cores. */
  readonly memoryBytes: number;
  readonly cores: number;
  /** Multiply rate of one worker in float64, flop/s. */
  readonly flopsPerSecond: number;
  /** Element-wise work of one worker (random numbers, sums, checks), bytes/s of results. */
  readonly elementBytesPerSecond: number;
  /** Network of one worker, bytes/s in each direction. */
  readonly networkBytesPerSecond: number;
  /** Until the first byte of an object comes, and one connection's rate after that. */
  readonly storeLatencyMs: number;
  readonly storeBytesPerConnection: number;
  /** Requests that a worker has under way for one array. */
  readonly requestsUnderWay: number;
  /** Requests per second that the store takes for the objects of one prefix; an array is a prefix. */
  readonly getsPerSecond: number;
  readonly putsPerSecond: number;
  /** A call to the queue. */
  readonly queueLatencyMs: number;
  /** What the master's own work on one package costs it. */
  readonly masterMsPerPackage: number;
}

/**
 * c7i.2xlarge: 4 cores (8 vCPU), 16 GiB, network 3.125 Gbps for as long as one likes
 * (https://docs.aws.amazon.com/ec2/latest/instancetypes/co.html).
 *
 * - flopsPerSecond: 4 cores x 32 flop per cycle (two AVX-512 FMA units) x 2.6 GHz x 60 %, what BLAS libraries reach on
 *   large blocks; an estimate, not a measurement.
 * - elementBytesPerSecond: Philox on one thread makes about 0.4 GB/s on the machines that this was developed on.
 * - store: 100 to 200 ms to the first byte, 85 to 90 MB/s per connection
 *   (https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html,
 *   https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-design-patterns.html); 5,500 GET and
 *   3,500 PUT per second and prefix (https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html).
 * - queueLatencyMs: tens of milliseconds (https://aws.amazon.com/sqs/faqs/).
 * - masterMsPerPackage: the real master with queues in memory takes 100,000 packages in 3.7 s, its workers' part included.
 */
export const C7I_2XLARGE: ScaleParameters = {
  instance: 'c7i.2xlarge',
  memoryBytes: 12 * 2 ** 30,
  cores: 4,
  flopsPerSecond: 200e9,
  elementBytesPerSecond: 0.4e9,
  networkBytesPerSecond: 3.125e9 / 8,
  storeLatencyMs: 100,
  storeBytesPerConnection: 85e6,
  requestsUnderWay: 8,
  getsPerSecond: 5_500,
  putsPerSecond: 3_500,
  queueLatencyMs: 20,
  masterMsPerPackage: 0.037,
};
