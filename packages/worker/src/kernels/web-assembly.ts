/**
 * The part of the WebAssembly JavaScript API that the kernel uses (https://webassembly.github.io/spec/js-api/): TypeScript
 * has it only among the types of the browser's DOM, which a worker has not. Absent in an engine started with --jitless.
 */
export interface HasWebAssembly {
  readonly WebAssembly?: WebAssemblyApi;
}

export interface WebAssemblyApi {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

export interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer;
}
