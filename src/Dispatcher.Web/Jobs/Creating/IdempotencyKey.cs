using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Jobs.Creating;

/// <summary>What makes a request that is given twice the same request.</summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    /// <summary>
    /// Keys that begin so belong to schedules and contracts, which find their jobs by them: a caller who could give one would take a firing's or a contract's job its place.
    /// </summary>
    private static readonly string[] Reserved =
        ["schedule:", "orchestration:", .. Enum.GetNames<Contract>().Select(contract => $"{JsonNamingPolicy.KebabCaseLower.ConvertName(contract)}:")];

    /// <summary>What is wrong with a caller's key; null if nothing is.</summary>
    public static string? Fault(string key) =>
        Form(key) ?? (Reserved.FirstOrDefault(prefix => key.StartsWith(prefix, StringComparison.Ordinal)) is { } taken ? $"begins with '{taken}', which is the server's own" : null);

    /// <summary>The same of any name that follows a job: its length and its characters.</summary>
    public static string? Form(string key) =>
        key.Length is 0 or > JobLimits.KeyCharacters ? $"has {key.Length} characters; it must have 1 to {JobLimits.KeyCharacters}"
        : key.Any(char.IsControl) ? "holds a control character"
        : null;

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
