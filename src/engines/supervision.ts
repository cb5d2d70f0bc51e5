/**
 * The words for the supervisor that travels in the native engine's file (native/src/supervise): how an engine
 * stands to the program, and what is left to do when that has ended.
 */
import type { Conduct, ExecPlan, HostFacts, Step, Supervisor } from './engine.ts';

/** Descriptors that the engine is to have beyond the three streams. */
export interface Descriptors {
  /** Where process 1 finds the supervisor's own program, to serve as init. */
  readonly image?: number;
  /** Those from 3 up to this one exist; gaps lead to /dev/null. */
  readonly fill?: number;
}

/** The supervisor for a plan; undefined where this build carries none, or cannot do what is left to do. */
export function supervisorFor(
  host: HostFacts,
  { conduct, teardown }: Pick<ExecPlan, 'conduct' | 'teardown'>,
  { image, fill }: Descriptors = {},
): Supervisor | undefined {
  const removals = teardown.filter((step): step is Step & { do: 'remove' } => step.do === 'remove');
  if (host.nativeEngine === undefined || removals.length < teardown.length) return undefined;
  const words = [
    'supervise1',
    ...conductWords(conduct),
    ...(image === undefined ? [] : ['image', String(image)]),
    ...(fill === undefined ? [] : ['fill', String(fill)]),
    ...removals.flatMap(({ path }) => ['remove', path]),
  ];
  return { file: host.nativeEngine, words };
}

function conductWords(conduct: Conduct): string[] {
  switch (conduct.kind) {
    case 'transparent':
      return ['direct'];
    case 'through-engine':
      return ['through', ...(conduct.resizes ? [] : ['resize'])];
    case 'around-engine':
      return ['around', String(conduct.lostStatus)];
    case 'leaves-program':
      return ['detached', ...(conduct.console ? ['console'] : [])];
  }
}

/** The whole command: the supervisor with its words, then what it starts. */
export function supervised(
  { file, words }: Supervisor,
  command: Pick<ExecPlan['command'], 'file' | 'args'>,
  further: readonly string[] = [],
): Pick<ExecPlan['command'], 'file' | 'args'> {
  return { file, args: [...words, ...further, '--', command.file, ...command.args] };
}

/** Programs that are an init themselves, or refuse to be any process but the first. */
const inits: ReadonlySet<string> = new Set(
  'init systemd s6-svscan tini tini-static dumb-init docker-init catatonit runsvdir runit-init my_init openrc-init'.split(
    ' ',
  ),
);

/** Whether the program wants to be process 1 itself. */
export function isInit(file: string): boolean {
  return inits.has(file.split('/').at(-1) ?? '');
}

/** Whether udocker can turn itself into the command: nobody is needed beside it or after it. */
export function becomesCommand({ conduct, teardown }: ExecPlan, stay: boolean): boolean {
  return conduct.kind === 'transparent' && teardown.length === 0 && !stay;
}
