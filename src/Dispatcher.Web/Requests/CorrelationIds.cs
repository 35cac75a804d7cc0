using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Requests;

/// <summary>Where a request's correlation id comes from.</summary>
internal static class CorrelationIds
{
    public const string Header = "x-correlation-id";
    private const int LimitCharacters = 200;

    /// <summary>The header's value; without one the id of the trace that the request belongs to, or starts. Null when the header cannot be used.</summary>
    public static string? Read(HttpRequest request)
    {
        var given = request.Headers[Header];
        if (given.Count == 0) return TraceId(request.Headers.TraceParent);
        return given is [{ Length: > 0 and <= LimitCharacters } only] && only.All(IsPrintable) ? only : null;
    }

    public static string New() => ActivityTraceId.CreateRandom().ToHexString();

    private static string TraceId(string? traceParent)
    {
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } current) return current.TraceId.ToHexString();
        return ActivityContext.TryParse(traceParent, null, out var parent) ? parent.TraceId.ToHexString() : New();
    }

    private static bool IsPrintable(char character) => character is >= ' ' and <= '~';
}
