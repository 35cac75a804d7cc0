using System.Collections.Immutable;
using System.Globalization;

namespace Dispatcher.Steps.Handlers.Http;

/// <summary>
/// The hosts that steps may call. An entry is <c>host</c> (the ports 80 and 443), <c>host:port</c>, <c>*.example.org</c> (all below example.org, not
/// itself) or <c>*.example.org:port</c>; IPv6 addresses stand in brackets.
/// </summary>
public sealed class HostAllowList
{
    private readonly ImmutableArray<Entry> _entries;

    /// <exception cref="ArgumentException">An entry is no host; names the entry.</exception>
    public HostAllowList(IEnumerable<string> entries) => _entries = [.. entries.Select(Parse)];

    /// <summary>True if the URL's host and port are listed.</summary>
    public bool Allows(Uri url)
    {
        var host = HostOf(url);
        return _entries.Any(entry => entry.Allows(host, url.Port));
    }

    /// <summary>The host in its one canonical form: lower case, punycode, no trailing dot, IPv6 in brackets.</summary>
    public static string HostOf(Uri url) => url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost.TrimEnd('.').ToLowerInvariant();

    private static Entry Parse(string text)
    {
        var portAt = text.LastIndexOf(':');
        var hasPort = portAt > text.LastIndexOf(']');
        int? port = null;
        if (hasPort)
        {
            var isPort = ushort.TryParse(text.AsSpan(portAt + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;
            port = isPort ? number : throw NotAHost(text);
        }

        var host = hasPort ? text[..portAt] : text;
        var isPattern = host.StartsWith("*.", StringComparison.Ordinal);
        var name = isPattern ? host[2..] : host;
        if (name.AsSpan().IndexOfAny("*/@?#% ") >= 0 || !Uri.TryCreate($"http://{name}/", UriKind.Absolute, out var url)) throw NotAHost(text);
        if (isPattern && url.HostNameType != UriHostNameType.Dns) throw NotAHost(text);
        return new Entry(HostOf(url), isPattern, port);
    }

    private static ArgumentException NotAHost(string text) =>
        new(
            $"dispatcher.http.allowed-hosts: '{text}' is not a host; write example.org, example.org:8443, *.example.org or [2001:db8::1]:80.",
            nameof(text));

    private sealed record Entry(string Host, bool IsPattern, int? Port)
    {
        public bool Allows(string host, int port) =>
            (Port == port || (Port is null && port is 80 or 443))
            && (IsPattern ? IsBelow(host) : string.Equals(host, Host, StringComparison.Ordinal));

        private bool IsBelow(string host) => host.Length > Host.Length + 1 && host.EndsWith($".{Host}", StringComparison.Ordinal);
    }
}
