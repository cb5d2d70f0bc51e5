/**
 * Platforms in the form `os/arch[/variant]`, and the choice of one image out of an index.
 * Source: OCI image spec, image-index.md, "platform"; names are those of Go's GOOS and GOARCH.
 */
import { UdockerError } from '../errors.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

const architectureNames: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  x64: 'amd64',
  x86: '386',
  i386: '386',
  i686: '386',
  ia32: '386',
  aarch64: 'arm64',
  armhf: 'arm',
  armv7l: 'arm',
};

/** Parses `os/arch[/variant]` or a lone `arch` (Linux). Throws USAGE when it is neither. */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9_.-]+$/.test(part))) {
    throw new UdockerError('USAGE', `not a platform: ${JSON.stringify(text)}`, {
      hint: 'write os/arch or os/arch/variant, for example linux/amd64 or linux/arm/v7',
    });
  }
  const [first = '', second, variant] = parts;
  const named = second === undefined ? { os: 'linux', arch: first } : { os: first, arch: second };
  return normalise({ os: named.os, architecture: named.arch, ...(variant === undefined ? {} : { variant }) });
}

/** The platform with Go's architecture names; the default variant of arm64 (`v8`) is dropped. */
export function normalise(platform: Platform): Platform {
  const architecture = architectureNames[platform.architecture] ?? platform.architecture;
  const variant = architecture === 'arm64' && platform.variant === 'v8' ? undefined : platform.variant;
  return { os: platform.os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** `os/arch[/variant]`. */
export function formatPlatform(platform: Platform): string {
  const base = `${platform.os}/${platform.architecture}`;
  return platform.variant === undefined ? base : `${base}/${platform.variant}`;
}

/**
 * How well an image for `offered` serves `wanted`: 0 not at all, higher is better. A wanted variant must be the
 * same or absent in the offer; arm runs lower variants (v7 runs v6 and v5).
 */
export function platformScore(wanted: Platform, offered: Platform): number {
  const w = normalise(wanted);
  const o = normalise(offered);
  if (w.os !== o.os || w.architecture !== o.architecture) return 0;
  if (w.variant === o.variant) return 10;
  if (w.variant === undefined || o.variant === undefined) return 5;
  const [have, need] = [armLevel(w), armLevel(o)];
  return have !== undefined && need !== undefined && need < have ? need : 0;
}

function armLevel(platform: Platform): number | undefined {
  const digit = platform.architecture === 'arm' ? /^v([5-7])$/.exec(platform.variant ?? '') : null;
  return digit === null ? undefined : Number(digit[1]) - 4;
}
