/** Options of every command that talks to a registry. */
import { parsePlatform } from '../../oci/platform.ts';
import { option } from '../command.ts';
import { parseProxyUrl, parseRegistryUrl } from '../parsers.ts';

export const registryOptions = {
  registry: option(
    'URL',
    parseRegistryUrl,
    'registry for an image without a host, such as http://localhost:5000',
  ),
  index: option('URL', parseRegistryUrl, 'index (search server) that belongs to the registry'),
  httpproxy: option(
    'URL',
    parseProxyUrl,
    'proxy: http://host:port, socks4://, socks4a://, socks5:// or socks5h://, with user:password@ if needed',
  ),
} as const;

export const platformOption = option(
  'OS/ARCH',
  parsePlatform,
  'image for this platform, os/arch or os/arch/variant; default: that of this machine',
);
