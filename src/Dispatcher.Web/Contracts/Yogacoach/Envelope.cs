using System.Text.Json;
using Dispatcher.Web.Access;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.Yogacoach;

/// <summary>The execution envelope: who asks, and in which session. It comes from the key and from headers, never from the body.</summary>
internal sealed record Envelope(string SessionId, string? PlanId, string? ActorId, string? SubjectUserId)
{
    public const string SessionHeader = "x-session-id";
    public const string TenantHeader = "x-tenant-id";

    /// <summary>Characters of each header.</summary>
    public const int LimitCharacters = 128;

    /// <summary>What the body must not hold: whoever may write a body could otherwise name another tenant or session.</summary>
    private static readonly string[] BodyFields = ["tenant_id", "session_id", "plan_id", "actor_id", "subject_user_id"];

    public static (Envelope? Envelope, ContractError? Fault) Read(Caller caller, HttpContext http, JsonElement body)
    {
        if (BodyFields.Where(field => body.TryGetProperty(field, out _)).ToList() is { Count: > 0 } smuggled)
        {
            return (null, ContractError.Of(
                StatusCodes.Status400BadRequest, "envelope-in-body",
                [.. smuggled.Select(field => new RequestFault(field, $"belongs to the execution envelope: {(field == "tenant_id" ? "the key says whose tenant it is" : $"send it as the header {HeaderOf(field)}")}"))]));
        }

        var faults = new List<RequestFault>();
        var session = Header(http, SessionHeader, faults);
        var envelope = new Envelope(session ?? "", Header(http, "x-plan-id", faults), Header(http, "x-actor-id", faults), Header(http, "x-subject-user-id", faults));
        if (faults.Count > 0) return (null, ContractError.Of(StatusCodes.Status400BadRequest, "invalid-header", faults));
        if (TenantFault(caller, http) is { } foreign) return (null, foreign);
        if (session is null) return (null, ContractError.Of(StatusCodes.Status400BadRequest, "missing-session", $"The header {SessionHeader} is missing: it names the session that the job belongs to."));
        return (envelope, null);
    }

    /// <summary>A caller that names its tenant must name the key's.</summary>
    public static ContractError? TenantFault(Caller caller, HttpContext http) => http.Request.Headers[TenantHeader] is [{ } tenant, ..] && tenant != caller.Tenant
        ? ContractError.Of(StatusCodes.Status403Forbidden, "foreign-tenant", $"The key belongs to another tenant than {TenantHeader} says; leave the header out.")
        : null;

    private static string HeaderOf(string field) => $"x-{field.Replace('_', '-')}";

    private static string? Header(HttpContext http, string name, List<RequestFault> faults)
    {
        var values = http.Request.Headers[name];
        if (values.Count == 0) return null;
        if (values is [{ Length: > 0 and <= LimitCharacters } value] && value.All(character => character is > ' ' and <= '~')) return value;
        faults.Add(new RequestFault(name, $"must be 1 to {LimitCharacters} printable ASCII characters without spaces, once"));
        return null;
    }
}
