using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Dispatcher.Web.Keys;

/// <summary>API keys: an admin makes and ends those of its own tenant, the operator of the machine those of all.</summary>
internal static class KeyEndpoints
{
    private const int LongestGraceSeconds = 30 * 24 * 3600;

    public static void MapKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/keys").WithTags("keys").RequireRole(Role.Admin);
        keys.MapGet("/", List).WithName("listKeys");
        keys.MapPost("/", Create).WithName("createKey").Refuses(ProblemCode.InvalidKey, ProblemCode.TooManyKeys);
        keys.MapPost("/{id}/rotate", Rotate).WithName("rotateKey").Refuses(ProblemCode.InvalidKey, ProblemCode.UnknownKey, ProblemCode.KeyEnded, ProblemCode.TooManyKeys);
        keys.MapDelete("/{id}", Revoke).WithName("revokeKey").Refuses(ProblemCode.UnknownKey, ProblemCode.KeyEnded);
    }

    /// <summary>List keys</summary>
    /// <remarks>Those of the tenant; never the secret texts themselves.</remarks>
    internal static async Task<Ok<KeyListView>> List(Caller caller, KeyService keys, TimeProvider time)
    {
        var now = time.GetUtcNow();
        return TypedResults.Ok(new KeyListView([.. (await keys.List(TenantOf(caller))).Select(key => KeyView.Of(key, now))]));
    }

    /// <summary>Make a key</summary>
    /// <remarks>Its text is shown this once.</remarks>
    internal static async Task<Results<Created<NewKeyView>, ProblemHttpResult>> Create(CreateKeyRequest request, Caller caller, KeyService keys, TimeProvider time)
    {
        var tenant = request.Tenant ?? caller.Tenant;
        if (caller.IsLocalOperator || (tenant == caller.Tenant && !KeyBook.IsOfTheMachine(request.Roles))) return Made(await keys.Create(caller, tenant, request), time);
        return Problem.Of(
            StatusCodes.Status403Forbidden,
            "forbidden",
            $"You make keys for your own tenant, {caller.Tenant}, without the roles monitor and cluster-admin; the operator of the machine makes others, there, with `dispatcher key create --data DIR`.");
    }

    /// <summary>Replace a key</summary>
    /// <remarks>Makes a successor; the old key stays good for a grace.</remarks>
    /// <param name="id">The key's id.</param>
    internal static async Task<Results<Created<NewKeyView>, ProblemHttpResult>> Rotate(
        string id, RotateKeyRequest? request, Caller caller, KeyService keys, IOptions<DispatcherOptions> options, TimeProvider time)
    {
        if (request?.GraceSeconds is < 0 or > LongestGraceSeconds) return Refuse(new KeyAnswer.Refused(KeyRefusal.InvalidKey, $"grace_seconds must be 0 to {LongestGraceSeconds}."));
        var grace = request?.GraceSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.Value.Web.KeyRotationGrace;
        return Made(await keys.Rotate(caller, TenantOf(caller), id, grace), time);
    }

    /// <summary>End a key</summary>
    /// <remarks>At once, with the live feeds that it opened.</remarks>
    /// <param name="id">The key's id.</param>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Revoke(string id, Caller caller, KeyService keys) =>
        await keys.Revoke(caller, TenantOf(caller), id) is KeyAnswer.Refused refused ? Refuse(refused) : TypedResults.NoContent();

    /// <summary>Whose keys exist for the caller; null = everybody's.</summary>
    private static string? TenantOf(Caller caller) => caller.IsLocalOperator ? null : caller.Tenant;

    private static Results<Created<NewKeyView>, ProblemHttpResult> Made(KeyAnswer answer, TimeProvider time) => answer switch
    {
        KeyAnswer.Made made => TypedResults.Created($"/api/v1/keys/{made.Key.Id}", NewKeyView.Of(made, time.GetUtcNow())),
        KeyAnswer.Refused refused => Refuse(refused),
        _ => throw new InvalidOperationException($"A key that was asked for is not {answer}."),
    };

    private static ProblemHttpResult Refuse(KeyAnswer.Refused refused) => refused.Why switch
    {
        KeyRefusal.UnknownKey => Problem.Of(StatusCodes.Status404NotFound, "unknown-key", refused.Message),
        KeyRefusal.KeyEnded => Problem.Of(StatusCodes.Status409Conflict, "key-ended", refused.Message),
        KeyRefusal.TooManyKeys => Problem.Of(StatusCodes.Status409Conflict, "too-many-keys", refused.Message),
        _ => Problem.Of(StatusCodes.Status400BadRequest, "invalid-key", refused.Message),
    };
}
