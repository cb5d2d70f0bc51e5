/** How the tar reader and the extractor say that an archive cannot be accepted; layer and entry are added above. */
import { UdockerError } from '../../errors.ts';

/** An INVALID error; `reason` reads on after "extracting layer L, entry E: ". */
export function invalid(reason: string): UdockerError {
  return new UdockerError('INVALID', reason);
}
