using Dispatcher.Jobs;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Access;

/// <summary>
/// Who makes a request; an endpoint takes one as a parameter. Put there by the access middleware before any endpoint runs that has
/// <see cref="AccessRules.RequireRole{T}"/>.
/// </summary>
/// <param name="Tenant">Whose things the caller sees; nothing else exists for it.</param>
/// <param name="Name">The key's id or the token's subject: what events record.</param>
/// <param name="Roles">With all that they include.</param>
public sealed record Caller(string Tenant, string Name, IReadOnlySet<Role> Roles)
{
    /// <summary>Everybody who reaches a server without keys, which listens on loopback addresses only.</summary>
    public static Caller Local { get; } = new(DefaultTenant, "local", RoleSet.All) { IsLocalOperator = true };

    /// <summary>The tenant of a server without keys, and of what an application registers itself.</summary>
    public const string DefaultTenant = "default";

    /// <summary>True for whoever reaches the machine itself: without keys, or by the data directory. May make keys for other tenants.</summary>
    public bool IsLocalOperator { get; init; }

    /// <summary>Cancelled when the key is revoked or expires, or the token does: a live connection ends then. Never cancelled for <see cref="Local"/>.</summary>
    public CancellationToken Ended { get; init; }

    public bool Has(Role role) => Roles.Contains(role);

    /// <summary>As events record it, with where the request came from.</summary>
    public Principal PrincipalFrom(HttpContext http) => new(Name, $"api {http.Connection.RemoteIpAddress}");

    /// <summary>The caller of a request, also when the context is the copy that a SignalR connection keeps; null where no role is required.</summary>
    public static Caller? Of(HttpContext http) => http.Features.Get<Caller>() ?? http.Items[typeof(Caller)] as Caller;

    /// <exception cref="InvalidOperationException">The endpoint has no RequireRole.</exception>
    public static ValueTask<Caller?> BindAsync(HttpContext http) =>
        ValueTask.FromResult(Of(http) ?? throw new InvalidOperationException($"{http.GetEndpoint()?.DisplayName} takes a caller without RequireRole."))!;
}
