/** How to run a script file: by the interpreter that its first line names, or else by `sh`. */
export function scriptCommand(path: string, content: string): string[] {
  return content.startsWith('#!') ? [path] : ['/bin/sh', path];
}
