import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { InstallPlan } from '../../src/bundles/presign.ts';

/** A directory in which scripts run as on an instance, and a server that has the files of a bundle. */
export class ScriptBench {
  readonly home = mkdtempSync(join(tmpdir(), 'tessera script bench '));
  readonly files = new Map<string, Buffer>();
  requests = 0;
  readonly #server: Server;
  readonly #running = new Set<ChildProcess>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      this.requests++;
      const body = this.files.get(new URL(request.url!, 'http://x').pathname.split('/').at(-1)!);
      response.writeHead(body === undefined ? 403 : 200).end(body);
    });
  }

  static async open(): Promise<ScriptBench> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ScriptBench(server);
  }

  /** A plan for these files; `wrong` names one whose content differs from its hash. */
  plan(files: Record<string, string>, wrong?: string): InstallPlan {
    const { port } = this.#server.address() as { port: number };
    return {
      hash: createHash('sha256').update(JSON.stringify(files)).digest('hex'),
      files: Object.entries(files).map(([name, content]) => {
        this.files.set(name, Buffer.from(name === wrong ? `${content} tampered` : content));
        const sha256 = createHash('sha256').update(content).digest('hex');
        return { name, sha256, url: `http://127.0.0.1:${port}/bundles/${sha256}/${name}?X-Amz-Signature=00ff` };
      }),
    };
  }

  /** Starts lines as SSM's agent does: `sh`, a process group of their own, this directory as HOME. */
  start(lines: readonly string[], environment: Record<string, string> = {}, under: readonly string[] = []) {
    const path = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
    const [program = 'sh', ...argv] = [...under, 'sh', '-c', lines.join('\n')];
    const child = spawn(program, argv, {
      env: { PATH: path, HOME: this.home, ...environment },
      detached: true,
    });
    this.#running.add(child);
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
    const says = async (pattern: RegExp) => {
      while (!pattern.test(output)) {
        if (child.exitCode !== null)
          throw new Error(`ended with ${child.exitCode} before it said ${pattern}: ${output}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    return { pid: child.pid!, ended, says, kill: (signal: NodeJS.Signals) => child.kill(signal) };
  }

  run(lines: readonly string[], environment: Record<string, string> = {}) {
    return this.start(lines, environment).ended;
  }

  async close(): Promise<void> {
    for (const child of this.#running) {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    this.#server.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}
