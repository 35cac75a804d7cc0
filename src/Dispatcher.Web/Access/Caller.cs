using Dispatcher.Jobs;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Access;

/// <summary>Who makes a request; an endpoint takes one as a parameter. Put there by the access middleware before any endpoint runs.</summary>
/// <param name="Tenant">Whose things the caller sees; nothing else exists for it.</param>
/// <param name="Name">The key's id or the token's subject: what events record.</param>
public sealed record Caller(string Tenant, string Name, IReadOnlySet<Role> Roles)
{
    /// <summary>Everybody who reaches a server without keys, which listens on loopback addresses only.</summary>
    public static Caller Local { get; } = new("default", "local", new HashSet<Role>(Enum.GetValues<Role>()));

    /// <summary>As events record it, with where the request came from.</summary>
    public Principal PrincipalFrom(HttpContext http) => new(Name, $"api {http.Connection.RemoteIpAddress}");

    public static ValueTask<Caller?> BindAsync(HttpContext http) => ValueTask.FromResult<Caller?>(http.Features.Get<Caller>() ?? Local);
}
