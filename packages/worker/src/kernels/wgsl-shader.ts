/** Side of the square of the result that one workgroup computes, and depth of the slices it shares. */
export const shaderTile = { side: 64, depth: 16, perThread: 4 } as const;

/**
 * C := alpha·A·B + beta·C in 64×64 tiles, one per workgroup of 16×16 threads. The threads load a 64×16 slice of A and a 16×64 slice of B
 * into memory that the workgroup shares, then each adds up its 4×4 elements from there: every number that comes from the
 * device's memory is used 64 times, where one thread per element (gpu.js) uses it once.
 *
 * A is stored in the shared memory as [depth][row], so that both slices are read along rows. Elements outside the
 * matrices load as zero in A and B alike, so that no infinity meets a padding zero within the result.
 *
 * Each `piece` of k is summed from zero and then added, so the bits are those of a dispatch for each; C is not read for
 * beta = 0.
 */
export const shaderSource = `
struct Job { m: u32, n: u32, k: u32, piece: u32, alpha: f32, beta: f32 }
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<uniform> job: Job;

var<workgroup> sliceA: array<array<f32, 64>, 16>;
var<workgroup> sliceB: array<array<f32, 64>, 16>;

@compute @workgroup_size(16, 16)
fn multiply(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) thread: vec3u, @builtin(local_invocation_index) index: u32) {
  let firstRow = group.y * 64u;
  let firstCol = group.x * 64u;
  var total: array<vec4f, 4>;
  if (job.beta != 0.0) {
    for (var i = 0u; i < 4u; i++) {
      let row = firstRow + thread.y * 4u + i;
      for (var j = 0u; j < 4u; j++) {
        let col = firstCol + thread.x * 4u + j;
        if (row < job.m && col < job.n) { total[i][j] = job.beta * c[row * job.n + col]; }
      }
    }
  }
  for (var first = 0u; first < job.k; first += job.piece) {
    let end = min(job.k, first + job.piece);
    // Not left to the variable's beginning anew with each round: SwiftShader kept what was in it.
    var sums = array<vec4f, 4>(vec4f(), vec4f(), vec4f(), vec4f());
    for (var p = first; p < end; p += 16u) {
      for (var i = 0u; i < 4u; i++) {
        let at = index + i * 256u;
        let rowA = firstRow + at / 16u;
        let depthA = p + at % 16u;
        var numberA = 0.0;
        if (rowA < job.m && depthA < end) { numberA = a[rowA * job.k + depthA]; }
        sliceA[at % 16u][at / 16u] = numberA;
        let depthB = p + at / 64u;
        let colB = firstCol + at % 64u;
        var numberB = 0.0;
        if (depthB < end && colB < job.n) { numberB = b[depthB * job.n + colB]; }
        sliceB[at / 64u][at % 64u] = numberB;
      }
      workgroupBarrier();
      for (var q = 0u; q < 16u; q++) {
        let col = thread.x * 4u;
        let row = thread.y * 4u;
        let numbersB = vec4f(sliceB[q][col], sliceB[q][col + 1u], sliceB[q][col + 2u], sliceB[q][col + 3u]);
        sums[0] = fma(vec4f(sliceA[q][row]), numbersB, sums[0]);
        sums[1] = fma(vec4f(sliceA[q][row + 1u]), numbersB, sums[1]);
        sums[2] = fma(vec4f(sliceA[q][row + 2u]), numbersB, sums[2]);
        sums[3] = fma(vec4f(sliceA[q][row + 3u]), numbersB, sums[3]);
      }
      workgroupBarrier();
    }
    for (var i = 0u; i < 4u; i++) { total[i] = fma(vec4f(job.alpha), sums[i], total[i]); }
  }
  for (var i = 0u; i < 4u; i++) {
    let row = firstRow + thread.y * 4u + i;
    if (row >= job.m) { break; }
    for (var j = 0u; j < 4u; j++) {
      let col = firstCol + thread.x * 4u + j;
      if (col < job.n) { c[row * job.n + col] = total[i][j]; }
    }
  }
}
`;
