using Dispatcher.Feed;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Live;

/// <summary>From where a client wants to go on.</summary>
internal static class LivePosition
{
    private const string Header = "Last-Event-ID";

    /// <summary>
    /// The header <c>Last-Event-ID</c>, which a client sends when it comes back, or else <c>?after=</c>, with which it began.
    /// </summary>
    /// <param name="position">Null if nothing was said.</param>
    /// <param name="fault">What is wrong with it, if the result is false.</param>
    public static bool TryRead(HttpRequest request, FeedScope scope, string? after, out long? position, out string fault)
    {
        var header = request.Headers[Header];
        var name = header.Count > 0 ? Header : "after";
        var text = header.Count > 0 ? header.ToString() : after;
        (position, fault) = (null, "");
        if (string.IsNullOrEmpty(text)) return true;
        if (scope.TryRead(text, out var read))
        {
            position = read;
            return true;
        }

        var expected = scope is FeedScope.OfJob ? "the number of an event of the job, such as 17" : "an id of this stream, such as o123";
        fault = $"{name} is '{Short(text)}'; expected {expected}.";
        return false;
    }

    public static string Short(string text) => text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 80), "…");
}
