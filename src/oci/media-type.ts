/** The media types of the OCI image spec and their Docker equivalents, and what each stands for. */
import type { Brand } from '../paths.ts';

export type MediaType = Brand<string, 'MediaType'>;

export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json' as MediaType,
  ociManifest: 'application/vnd.oci.image.manifest.v1+json' as MediaType,
  ociConfig: 'application/vnd.oci.image.config.v1+json' as MediaType,
  ociLayer: 'application/vnd.oci.image.layer.v1.tar' as MediaType,
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip' as MediaType,
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd' as MediaType,
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json' as MediaType,
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json' as MediaType,
  dockerConfig: 'application/vnd.docker.container.image.v1+json' as MediaType,
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar' as MediaType,
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip' as MediaType,
  dockerLayerZstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd' as MediaType,
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json' as MediaType,
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws' as MediaType,
} as const;

export type DocumentKind = 'index' | 'manifest' | 'schema1';

const documentKinds = new Map<string, DocumentKind>([
  [mediaTypes.ociIndex, 'index'],
  [mediaTypes.dockerManifestList, 'index'],
  [mediaTypes.ociManifest, 'manifest'],
  [mediaTypes.dockerManifest, 'manifest'],
  [mediaTypes.dockerSchema1, 'schema1'],
  [mediaTypes.dockerSchema1Signed, 'schema1'],
]);

/** What a document of this media type is; undefined for one we do not know. Parameters (`;charset=`) are ignored. */
export function documentKind(mediaType: string): DocumentKind | undefined {
  return documentKinds.get(mediaType.split(';', 1)[0]?.trim() ?? '');
}
