/** A plan as text for `run --dry-run`: what would be done, one thing a line, words quoted for a shell. */
import type { ExecPlan, Step } from './engine.ts';
import { becomesCommand } from './supervision.ts';

/**
 * Describes a plan; several lines, the last without a newline. `stay`: something is to be done after the run, so
 * that udocker does not become another program.
 */
export function describePlan(plan: ExecPlan, stay = false): string {
  const { command } = plan;
  return [
    `engine: ${plan.engine}`,
    ...plan.ignored.map(({ feature, reason }) => `ignored: ${feature}: ${reason}`),
    ...plan.setup.map((step) => `setup: ${describeStep(step)}`),
    ...(command.cpus === undefined ? [] : [`cpus: ${command.cpus.join(',')}`]),
    ...(command.hiddenCalls === undefined ? [] : [`hidden system calls: ${command.hiddenCalls.join(', ')}`]),
    ...Object.entries(command.env).map(([name, value]) => `env: ${quote(`${name}=${value}`)}`),
    `command: ${[command.file, ...command.args].map(quote).join(' ')}`,
    ...supervision(plan, stay),
    `conduct: ${conduct(plan, stay)}`,
    ...plan.teardown.map((step) => `teardown: ${describeStep(step)}`),
  ].join('\n');
}

function describeStep(step: Step): string {
  switch (step.do) {
    case 'make-directory':
      return `make directory ${quote(step.path)}`;
    case 'write-file':
      return `write ${step.content.length} characters to ${quote(step.path)}`;
    case 'make-mount-point':
      return `make ${step.kind} ${quote(step.target)} inside ${quote(step.root)}`;
    case 'prune-directory':
      return `keep the newest ${step.keep} entries of ${quote(step.path)}`;
    case 'remove':
      return `remove ${quote(step.path)}`;
  }
}

function supervision(plan: ExecPlan, stay: boolean): string[] {
  const { supervisor } = plan;
  if (supervisor === undefined || becomesCommand(plan, stay)) return [];
  return [`supervisor: ${[supervisor.file, ...supervisor.words].map(quote).join(' ')}`];
}

function conduct(plan: ExecPlan, stay: boolean): string {
  const { supervisor } = plan;
  if (becomesCommand(plan, stay)) return 'udocker becomes the command';
  if (supervisor === undefined) return 'udocker stays to pass signals on';
  return stay ? 'udocker stays, and starts the supervisor' : 'udocker becomes the supervisor';
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
