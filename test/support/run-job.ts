/** What `run-driver` is told. */
import type { ImageConfig } from '../../src/oci/image-config.ts';
import type { RunRequest } from '../../src/run/request.ts';

export interface Job {
  readonly root: string;
  readonly directory?: string;
  readonly mode?: string;
  readonly chosen?: Readonly<Partial<Record<'proot' | 'runc' | 'singularity', string>>>;
  readonly command: readonly string[];
  readonly env?: readonly string[];
  readonly user?: string;
  readonly volumes?: readonly string[];
  readonly config?: Partial<ImageConfig>;
  readonly request?: Partial<RunRequest>;
  /** The native engine's file, which is also the supervisor; without it udocker supervises. */
  readonly nativeEngine?: string;
  readonly stay?: boolean;
  readonly dryRun?: boolean;
}
