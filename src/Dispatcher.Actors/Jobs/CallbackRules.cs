using System.Collections.Immutable;

namespace Dispatcher.Jobs;

/// <summary>Which callbacks a job may ask for, and which of its events they are sent for.</summary>
public static class CallbackRules
{
    public const int UrlCharacters = 2048;

    /// <summary>Patterns that one callback may name.</summary>
    public const int Patterns = 32;

    private const string Everything = "*";
    private const string JobEvents = "job.*";
    private const string StepEvents = "step.*";

    private static readonly ImmutableArray<string> Default = [JobEvents];

    /// <summary>True if the callback is sent for events of this type. Patterns: an event's stable name, <c>job.*</c>, <c>step.*</c>, <c>*</c>.</summary>
    public static bool Wants(CallbackSpec callback, string eventType)
    {
        foreach (var pattern in callback.Events ?? Default)
        {
            if (Matches(pattern, eventType)) return true;
        }

        return false;
    }

    /// <summary>What is wrong with a callback, in a sentence; null if nothing is.</summary>
    public static string? Fault(CallbackSpec callback)
    {
        if (callback.Url.Length > UrlCharacters) return $"callback.url has {callback.Url.Length} characters; at most {UrlCharacters} are allowed.";
        if (!Uri.TryCreate(callback.Url, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps) || url.Host.Length == 0)
            return "callback.url is not an absolute http or https URL.";
        if (url.UserInfo.Length > 0) return "callback.url holds a user name or password, which would end up in logs; the receiver verifies the signature instead.";
        if (url.Fragment.Length > 0) return "callback.url has a fragment, which is never sent; leave out what begins with '#'.";
        if (callback.Events is not { } patterns) return null;
        if (patterns.IsDefaultOrEmpty) return $"callback.events is empty; leave it out for {JobEvents}, or name events.";
        if (patterns.Length > Patterns) return $"callback.events has {patterns.Length} entries; at most {Patterns} are allowed.";
        var unknown = patterns.FirstOrDefault(pattern => !IsKnown(pattern));
        return unknown is null ? null : $"callback.events: there is no event '{unknown}'; write an event's name, {JobEvents}, {StepEvents} or {Everything}.";
    }

    private static bool Matches(string pattern, string eventType) => pattern switch
    {
        Everything => true,
        JobEvents => eventType.StartsWith("job.", StringComparison.Ordinal),
        StepEvents => eventType.StartsWith("step.", StringComparison.Ordinal),
        _ => string.Equals(pattern, eventType, StringComparison.Ordinal),
    };

    private static bool IsKnown(string? pattern) => pattern is Everything or JobEvents or StepEvents || EventCodec.Names.Contains(pattern);
}
