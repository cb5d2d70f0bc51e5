/** Layers of encrypted images look like damage; this says what they are. */
import { UdockerError } from '../../errors.ts';
import type { Layer } from '../layer.ts';

/** Throws UNSUPPORTED when the media type says that the layer is encrypted. */
export function refuseEncrypted(layer: Layer): void {
  const mediaType = layer.mediaType ?? layer.descriptor?.mediaType ?? '';
  if (!mediaType.endsWith('+encrypted')) return;
  throw new UdockerError('UNSUPPORTED', `it is encrypted (${mediaType})`, {
    hint: 'decrypt the image first, for example with skopeo copy --decryption-key',
  });
}
