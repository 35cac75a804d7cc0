using System.Globalization;
using Dispatcher.Web.Json;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.TalkAvocado;

/// <summary>A refusal in the words of the contract: <c>{"error": "..."}</c>.</summary>
/// <param name="retryAfterSeconds">After which it may work.</param>
internal sealed class TalkError(int status, TalkErrorView body, int? retryAfterSeconds = null) : IResult
{
    public const string JobNotFound = "Job not found";
    private const string Duplicate = "Duplicate create";
    private const string Internal = "Internal server error";

    public static TalkError Invalid(string text) => new(StatusCodes.Status400BadRequest, new TalkErrorView(text));

    /// <summary>Also of another tenant's job.</summary>
    public static TalkError NotFound() => new(StatusCodes.Status404NotFound, new TalkErrorView(JobNotFound));

    /// <summary>The key was used before: here is what it made.</summary>
    public static TalkError DuplicateOf(string jobId, string manifestKey) => new(StatusCodes.Status409Conflict, new TalkErrorView(Duplicate, jobId, manifestKey));

    public static TalkError Of(int status, string text) => new(status, new TalkErrorView(text));

    public static TalkError Of(Refusal refusal) => new(refusal.Status, new TalkErrorView(refusal.Detail), refusal.RetryAfterSeconds);

    public static TalkError InternalFault(string? text = null) => new(StatusCodes.Status500InternalServerError, new TalkErrorView(text ?? Internal));

    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (retryAfterSeconds is { } seconds) httpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return JsonBody.Write(httpContext, status, body);
    }
}
