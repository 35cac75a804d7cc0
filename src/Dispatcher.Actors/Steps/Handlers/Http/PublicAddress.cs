using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Dispatcher.Steps.Handlers.Http;

/// <summary>
/// Tells addresses of the public internet from all others, by the special-purpose registries of IANA (RFC 6890 and its updates). For IPv6 only what
/// is global unicast can be public, so a range that is reserved later is refused already.
/// </summary>
internal static class PublicAddress
{
    private static readonly ImmutableArray<IPNetwork> SpecialIPv4 = Networks(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4");

    private static readonly IPNetwork GlobalUnicastIPv6 = IPNetwork.Parse("2000::/3");

    /// <summary>Protocol assignments and Teredo, documentation, 6to4 (which wraps any IPv4 address), documentation again.</summary>
    private static readonly ImmutableArray<IPNetwork> SpecialIPv6 = Networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    /// <summary>False for private, loopback, link-local, carrier-grade NAT, multicast, unspecified, unique local, NAT64 and reserved addresses.</summary>
    public static bool Is(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return Is(address.MapToIPv4());
        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => !SpecialIPv4.Any(network => network.Contains(address)),
            AddressFamily.InterNetworkV6 => GlobalUnicastIPv6.Contains(address) && !SpecialIPv6.Any(network => network.Contains(address)),
            _ => false,
        };
    }

    private static ImmutableArray<IPNetwork> Networks(params string[] texts) => [.. texts.Select(text => IPNetwork.Parse(text))];
}
