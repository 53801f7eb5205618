import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { SwarmError } from "../../core/errors.ts";

/** https://www.iana.org/assignments/iana-ipv4-special-registry: what is not a host of the public internet. */
const NOT_PUBLIC = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"],
  ...["172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"],
  ...["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"],
];
/** Of IPv6, all global unicast addresses but those that are for documentation or hold an IPv4 address. */
const PUBLIC_6 = "2000::/3";
const NOT_PUBLIC_6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

const refused = listOf([...NOT_PUBLIC, ...NOT_PUBLIC_6]);
const global = listOf([PUBLIC_6]);

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** Whether an address is one of the public internet. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !refused.check(address, "ipv4");
  return global.check(address, "ipv6") && !refused.check(address, "ipv6");
}

/** @throws SwarmError `not-allowed` when the host is written as an address that is not public */
export function refusePrivateHost(host: string): void {
  const address = host.replace(/^\[|\]$/g, "");
  if (isIP(address) !== 0 && !isPublic(address)) throw notPublic(host, address);
}

/** Resolves names for a connection, which then goes to what was judged here. */
export const lookupPublic: LookupFunction = (host, options: LookupOptions, callback) => {
  lookup(host, { ...options, all: true }, (error, addresses: readonly LookupAddress[]) => {
    if (error !== null) return callback(error, "", 4);
    const wrong = addresses.find(({ address }) => !isPublic(address));
    const [first] = addresses;
    if (wrong !== undefined || first === undefined) {
      return callback(notPublic(host, wrong?.address ?? "no address"), "", 4);
    }
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  });
};

function notPublic(host: string, address: string): SwarmError {
  const what = host === address ? "" : ` (${address})`;
  return new SwarmError("not-allowed", `${host}${what} is not a host of the public internet`, {
    hint: "when it is meant, write `allow_private: true` beside the URL in the cascade",
  });
}
