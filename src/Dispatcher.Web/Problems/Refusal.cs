using System.Text.Json.Nodes;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dispatcher.Web.Problems;

/// <summary>Why something is not done: what becomes problem details, or the answer to one item of many.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">Stable, lower case with dashes; listed in docs/api.md.</param>
/// <param name="Detail">What was wrong, where, and what to do.</param>
internal sealed record Refusal(int Status, string Code, string Detail)
{
    /// <summary>Single things that are wrong with the request, each with its place.</summary>
    public IReadOnlyList<RequestFault> Faults { get; init; } = [];

    /// <summary>More fields of the body, in snake_case.</summary>
    public JsonObject? More { get; init; }

    /// <summary>The account that has not enough, and what was asked of it; its fields are the body's.</summary>
    public QuotaShortage? Quota { get; init; }

    /// <summary>Seconds after which it may work; written as <c>Retry-After</c>.</summary>
    public int? RetryAfterSeconds { get; init; }

    public static Refusal NotFound(string detail, string code = "not-found") => new(StatusCodes.Status404NotFound, code, detail);

    public static Refusal Invalid(string code, string detail) => new(StatusCodes.Status400BadRequest, code, detail);

    /// <summary>A full disk is not emptied within a second.</summary>
    private const int DiskFullRetryAfterSeconds = 5;

    /// <summary>The node cannot answer now, and whether the command has taken effect is not known.</summary>
    public static Refusal Unavailable(string cause) => new(StatusCodes.Status503ServiceUnavailable, "unavailable", cause) { RetryAfterSeconds = 1 };

    /// <summary>The same, with the reason if there is no room on the disk.</summary>
    public static Refusal Unavailable(CommandReply.Unavailable reply) => reply.IsDiskFull
        ? new(StatusCodes.Status503ServiceUnavailable, "disk-full", $"The server cannot write: {reply.Cause}. Give the request again when there is room; it may have been taken.") { RetryAfterSeconds = DiskFullRetryAfterSeconds }
        : Unavailable(reply.Cause);

    /// <summary>The store has failed while a request was answered; what it says of itself is for the log.</summary>
    public static Refusal Unavailable(StoreException fault) => fault.IsDiskFull
        ? new(StatusCodes.Status503ServiceUnavailable, "disk-full", "The server's disk is full and nothing can be written; try again when there is room.") { RetryAfterSeconds = DiskFullRetryAfterSeconds }
        : Unavailable("The store cannot be read or written now; try again in a moment.");

    /// <summary>All faults of a request at once.</summary>
    public static Refusal Of(IReadOnlyList<RequestFault> faults, int status = StatusCodes.Status400BadRequest, string code = "invalid-request")
    {
        var detail = string.Join(' ', faults.Take(3).Select(fault => fault.Path.Length == 0 ? $"{fault.Message}." : $"{fault.Path}: {fault.Message}."));
        return new Refusal(status, code, faults.Count > 3 ? $"{detail} And {faults.Count - 3} more, in faults." : detail) { Faults = faults };
    }

    public ProblemHttpResult ToProblem(HttpContext http)
    {
        if (RetryAfterSeconds is { } seconds) http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Problem.Of(Status, Code, Detail, Extensions());
    }

    private Dictionary<string, object?> Extensions()
    {
        var extensions = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (Faults.Count > 0) extensions["faults"] = new JsonArray([.. Faults.Select(fault => fault.ToJson())]);
        if (Quota is { } shortage) Add(extensions, shortage);
        foreach (var (name, value) in More ?? []) extensions[name] = value?.DeepClone();
        return extensions;
    }

    private static void Add(Dictionary<string, object?> extensions, QuotaShortage shortage)
    {
        extensions["meter"] = shortage.Meter;
        extensions["needed"] = shortage.Needed;
        if (shortage.Plan is not { } plan) return;
        extensions["plan"] = plan;
        extensions["limit"] = shortage.Limit;
        extensions["used"] = shortage.Used;
        extensions["reserved"] = shortage.Reserved;
        extensions["remaining"] = shortage.Remaining;
        if (shortage.Upgrade is { } upgrade) extensions["upgrade"] = upgrade;
    }
}

/// <summary>One thing that is wrong with a request.</summary>
/// <param name="Path">The field: <c>depends_on[2]</c>, <c>input.video</c>; empty for the whole.</param>
/// <param name="Message">What is wrong with it, and what would be right.</param>
/// <param name="Line">Where it stands in a text, counted from 1; absent for what has no lines.</param>
/// <param name="Column">The column in that line, counted from 1.</param>
/// <param name="Code">The kind of fault, for definitions of workflows.</param>
internal sealed record RequestFault(string Path, string Message, int? Line = null, int? Column = null, string? Code = null)
{
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["path"] = Path, ["message"] = Message };
        if (Line is { } line) json["line"] = line;
        if (Column is { } column) json["column"] = column;
        if (Code is not null) json["code"] = Code;
        return json;
    }
}
