using System.Text.Json.Nodes;
using Dispatcher.JobActors;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Jobs.Creating;

/// <summary>What makes a request that is given twice the same request.</summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    /// <summary>The header's key; null if there is none.</summary>
    public static string? Of(HttpRequest http) => http.Headers[Header] is [{ } key] ? key : null;

    /// <summary>The key was used for another request before.</summary>
    /// <param name="what">What the request asks for: <c>job</c>.</param>
    public static Refusal Conflict(string? key, CommandReply.Duplicate duplicate, string what) => new(
        StatusCodes.Status409Conflict,
        "idempotency-conflict",
        $"The idempotency key '{key}' belongs to the job {duplicate.Existing}, which was asked for with another request. Use another key for another {what}.")
    {
        More = new JsonObject { ["job_id"] = duplicate.Existing.ToString() },
    };
}
