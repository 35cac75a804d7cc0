using System.Net;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Access;

/// <summary>
/// A server without keys trusts the machine it runs on, so it must be sure that a request comes from there: not from another machine, not through
/// a proxy, and not from a web page that made a browser take its own host name for this machine's address (DNS rebinding).
/// </summary>
internal static class LocalAccess
{
    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"];

    /// <summary>False for an address that other machines can reach.</summary>
    public static bool IsLoopback(string host) =>
        host == "127.0.0.1" || string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>From an address of this machine, or over something without addresses such as a Unix socket, and without a proxy between.</summary>
    public static bool ComesFromHere(HttpContext http) => IsOwn(http.Connection) && !HasProxy(http.Request.Headers);

    /// <summary>Browsers name the host of the page's address here, which is not this machine's when the name was rebound.</summary>
    public static bool NamesThisMachine(HttpContext http) => IsLoopback(http.Request.Host.Host);

    private static bool HasProxy(IHeaderDictionary headers)
    {
        foreach (var name in ProxyHeaders)
        {
            if (headers.ContainsKey(name)) return true;
        }

        return false;
    }

    private static bool IsOwn(ConnectionInfo connection) =>
        connection.RemoteIpAddress is not { } remote || IPAddress.IsLoopback(remote) || remote.Equals(connection.LocalIpAddress);
}
