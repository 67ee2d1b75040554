import type { ProgressEvent } from '@tessera/protocol';
import type { Step } from '@tessera/provisioner';
import { doneLine, progressLines } from './bars.ts';
import type { Painter } from './painter.ts';
import { formatSeconds } from './format.ts';
import { printable } from './printable.ts';
import { advance, NO_PROGRESS, type Progress } from './progress.ts';
import { stepLine } from './steps.ts';
import type { Style } from './style.ts';
import { wrapWords } from './wrap.ts';

/** Tells a person how a run goes: set-up steps as they end, then bars, then whatever there is to say. */
export class Reporter {
  readonly #painter: Painter;
  readonly #style: Style;
  readonly #width: () => number;
  readonly #verbose: boolean;
  readonly #begun = new Map<Step['resource'], Step>();
  readonly #shown = new Set<string>();
  #progress: Progress = NO_PROGRESS;
  #waiting: string | undefined;

  constructor(painter: Painter, style: Style, options: { width: () => number; verbose: boolean }) {
    this.#painter = painter;
    this.#style = style;
    this.#width = options.width;
    this.#verbose = options.verbose;
  }

  /** A line that stays. */
  say(line: string): void {
    this.#painter.print(line);
  }

  /** A sentence that stays, in as many lines as it takes. */
  paragraph(text: string, style: (line: string) => string = (line) => line): void {
    for (const line of wrapWords(text, this.#width())) this.say(style(line));
  }

  /** A line for those who asked for more. */
  detail(line: string): void {
    if (this.#verbose) this.#painter.print(this.#style.dim(line));
  }

  /** From now on the changing part is shown. */
  start(): void {
    this.#painter.live(() => this.#lines());
  }

  /** What is being waited for, shown until something else changes. */
  waitFor(what: string | undefined): void {
    this.#waiting = what;
  }

  /** Nothing changes any more. */
  settle(): void {
    this.#painter.settle(false);
  }

  step(step: Step): void {
    if (step.state === 'begun') this.#begun.set(step.resource, step);
    else {
      this.#begun.delete(step.resource);
      this.say(stepLine(step, this.#width(), this.#style));
    }
  }

  event(event: ProgressEvent): void {
    const before = this.#progress;
    this.#waiting = undefined;
    this.#progress = advance(before, event);
    if (event.event === 'job:planned') this.detail(`plan: ${printable(event.summary)}`);
    if (event.event === 'package:failed') {
      const next = event.retried ? 'it is sent again' : 'that was its last try';
      const what = `${event.packageId}, try ${event.attempt}, on ${event.worker}: ${event.message.replace(/\.$/, '')}; ${next}`;
      this.paragraph(`${this.#style.bad(this.#style.symbols.failed)} ${printable(what)}`);
    }
    if (event.event === 'phase:stalled') {
      const [are, taken] = event.waiting === 1 ? ['package waits', 'it'] : ['packages wait', 'any'];
      const what = `${event.waiting} ${are}, and no worker has taken ${taken} for ${formatSeconds(event.seconds)}`;
      this.paragraph(
        `${this.#style.bad(this.#style.symbols.failed)} ${what}; \`tessera status\` shows what became of the workers`,
      );
    }
    for (const phase of this.#progress.phases) {
      if (phase.state !== 'done' || this.#shown.has(phase.phase)) continue;
      this.#shown.add(phase.phase);
      this.say(doneLine(phase, this.#style));
    }
  }

  #lines(): string[] {
    // One less than the terminal has: a full line makes some of them wrap.
    const width = this.#width() - 1;
    const running = { ...this.#progress, phases: this.#progress.phases.filter(({ state }) => state === 'running') };
    const begun = [...this.#begun.values()].map((step) => stepLine(step, width, this.#style));
    const dot = this.#style.accent(this.#style.symbols.running);
    const waiting = this.#waiting === undefined ? [] : [`${dot} ${this.#waiting}`];
    return [...begun, ...waiting, ...progressLines(running, width, this.#style)];
  }
}
