using System.Buffers;
using System.Text.RegularExpressions;

namespace Dispatcher.Web.Requests;

/// <summary>
/// Takes secrets out of text that goes into logs. Nothing of Dispatcher logs one on purpose; this stands behind, for messages of exceptions and of
/// libraries that quote what they were given.
/// </summary>
public static partial class Redaction
{
    private const string Hidden = "[hidden]";

    /// <summary>What a secret begins with, or stands behind.</summary>
    private static readonly SearchValues<string> Signs = SearchValues.Create(
        ["dk_", "whsec_", "eyJ", "authorization", "api-key", "api_key", "access_token", "cookie", "password", "secret"], StringComparison.OrdinalIgnoreCase);

    /// <summary>The text without keys, tokens, webhook secrets, passwords and cookies; the id of a key stays, since it is public.</summary>
    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAny(Signs)) return text;
        text = Key().Replace(text, $"dk_${{id}}_{Hidden}");
        text = WebhookSecret().Replace(text, $"whsec_{Hidden}");
        text = Token().Replace(text, Hidden);
        return Named().Replace(text, $"${{name}}{Hidden}");
    }

    [GeneratedRegex("dk_(?<id>[a-z2-7]{12})_[A-Za-z0-9_-]{8,}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Key();

    [GeneratedRegex("whsec_[A-Za-z0-9+/=_-]{8,}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WebhookSecret();

    [GeneratedRegex("eyJ[A-Za-z0-9_-]{5,}\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();

    /// <summary>A name of the list, and after a colon or an equals sign its value.</summary>
    [GeneratedRegex(
        "(?<name>\\b(authorization|proxy-authorization|x-api-key|api[-_]key|access_token|set-cookie|cookie|password|client_secret|secret)\"?\\s*[:=]\\s*\"?((bearer|basic)\\s+)?)[^\\s\",;&]+",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Named();
}
