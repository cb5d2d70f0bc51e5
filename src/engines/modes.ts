/**
 * The names users know (P1, R1 ...): a table from name to engines and their options, nothing more. Where a mode
 * has several engines, the first that works is taken.
 */
import { UdockerError } from '../errors.ts';
import { crun } from './crun.ts';
import type { Detection, Engine, EngineName } from './engine.ts';
import { unavailable } from './find-program.ts';
import { native } from './native.ts';
import { proot } from './proot.ts';
import { runc } from './runc.ts';

export const modeNames = ['N1', 'N2', 'P1', 'P2', 'F1', 'F2', 'F3', 'F4', 'R1', 'R2', 'R3', 'S1'] as const;
export type ModeName = (typeof modeNames)[number];

export interface Mode {
  readonly name: ModeName;
  readonly summary: string;
  readonly engines: readonly Engine[];
  /** Said to who chooses it, where it is not carried out as its name says. */
  readonly remark?: string;
}

/** What fakechroot is used for, no ptrace and no namespaces, the native engine does for static programs and any libc. */
const inPlaceOfFakechroot = {
  remark: 'the native engine takes the place of fakechroot, which this version does not have',
  engines: [native({ rewriting: true }), native({ rewriting: false })],
} as const;

/** Every mode, in the order of its name above. */
export const modes: Readonly<Record<ModeName, Mode>> = {
  N1: mode('N1', 'native engine, call sites rewritten', native({ rewriting: true })),
  N2: mode('N2', 'native engine, every call trapped', native({ rewriting: false })),
  P1: mode('P1', 'PRoot, with seccomp acceleration where it works', proot({ acceleration: true })),
  P2: mode('P2', 'PRoot, every call intercepted', proot({ acceleration: false })),
  F1: {
    name: 'F1',
    summary: 'native engine in the place of fakechroot (the loader called directly)',
    ...inPlaceOfFakechroot,
  },
  F2: {
    name: 'F2',
    summary: 'native engine in the place of fakechroot (with a changed loader)',
    ...inPlaceOfFakechroot,
  },
  F3: {
    name: 'F3',
    summary: 'native engine in the place of fakechroot (with changed programs and libraries)',
    ...inPlaceOfFakechroot,
  },
  F4: {
    name: 'F4',
    summary: 'native engine in the place of fakechroot (new programs changed as they start)',
    ...inPlaceOfFakechroot,
  },
  R1: mode('R1', 'crun or runc in a user namespace', crun(), runc()),
  R2: mode(
    'R2',
    'R1 with accelerated PRoot inside',
    crun({ inside: 'accelerated' }),
    runc({ inside: 'accelerated' }),
  ),
  R3: mode('R3', 'R1 with plain PRoot inside', crun({ inside: 'plain' }), runc({ inside: 'plain' })),
  S1: mode('S1', 'Apptainer or Singularity', notHere('singularity')),
};

/** The order in which modes are tried when nobody chooses. */
export const defaultOrder: readonly ModeName[] = ['N1', 'R1', 'N2', 'P1', 'P2'];

/** Parses a mode name, any case. Throws USAGE. */
export function parseMode(text: string): ModeName {
  const upper = text.trim().toUpperCase();
  const found = modeNames.find((name) => name === upper);
  if (found !== undefined) return found;
  throw new UdockerError('USAGE', `unknown execution mode ${JSON.stringify(text)}`, {
    hint: `the modes are ${modeNames.join(', ')}`,
  });
}

function mode(name: ModeName, summary: string, ...engines: readonly Engine[]): Mode {
  return { name, summary, engines };
}

/** An engine of the first udocker that this version does not have: containers set to it get a clear answer. */
function notHere(name: EngineName): Engine {
  const answer: Detection = unavailable(
    `the ${name} engine is not part of this version`,
    'choose another mode with: udocker run --execmode=MODE ...; udocker doctor tells which ones work here',
  );
  const plan = (): never => {
    throw new UdockerError('UNSUPPORTED', answer.kind === 'unavailable' ? answer.reason : name);
  };
  return { name, needs: [], detect: async () => answer, plan };
}
