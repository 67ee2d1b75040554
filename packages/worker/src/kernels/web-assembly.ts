/**
 * The part of the WebAssembly JavaScript API that the kernel uses (https://webassembly.github.io/spec/js-api/): TypeScript
 * has it only among the types of the browser's DOM, which a worker has not.
 */
declare global {
  namespace WebAssembly {
    class Module {
      constructor(bytes: Uint8Array<ArrayBuffer>);
    }
    class Instance {
      constructor(module: Module);
      readonly exports: Readonly<Record<string, unknown>>;
    }
    interface Memory {
      readonly buffer: ArrayBuffer;
    }
    function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  }
}

export {};
