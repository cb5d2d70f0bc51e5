/** The engines of other makers that tests run on, where the host has them. */
import type { Job } from './run-job.ts';

export interface EngineUnderTest {
  readonly name: string;
  /** Host path; without it the tests of this engine skip. */
  readonly program: string;
  readonly job: Partial<Job>;
}

/** R1 with either runtime, and P1. */
export const enginesUnderTest: readonly EngineUnderTest[] = [
  { name: 'R1 with crun', program: '/usr/bin/crun', job: { mode: 'R1', chosen: { runc: '/usr/bin/crun' } } },
  {
    name: 'R1 with runc',
    program: '/usr/sbin/runc',
    job: { mode: 'R1', chosen: { runc: '/usr/sbin/runc' } },
  },
  { name: 'P1', program: '/usr/bin/proot', job: { mode: 'P1' } },
];
