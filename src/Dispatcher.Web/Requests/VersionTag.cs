using System.Globalization;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Dispatcher.Web.Requests;

/// <summary>A job's version as an entity tag: <c>ETag: "7"</c> in answers, <c>If-Match: "7"</c> and <c>If-None-Match: "7"</c> in requests.</summary>
internal static class VersionTag
{
    public static EntityTagHeaderValue Of(long version) => new($"\"{version.ToString(CultureInfo.InvariantCulture)}\"");

    /// <summary>True when the caller has this version already.</summary>
    public static bool IsKnown(HttpRequest request, long version)
    {
        if (StringValues.IsNullOrEmpty(request.Headers.IfNoneMatch)) return false;
        if (!EntityTagHeaderValue.TryParseList([.. request.Headers.IfNoneMatch.OfType<string>()], out var tags)) return false;
        var current = Of(version);
        return tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(current, useStrongComparison: false));
    }

    /// <summary>The version that <c>If-Match</c> asks for; null without one, or for <c>*</c>.</summary>
    /// <param name="refusal">Why the header cannot be used.</param>
    public static long? Expected(HttpRequest request, out Refusal? refusal)
    {
        refusal = null;
        var header = request.Headers.IfMatch.ToString();
        if (header.Length == 0 || header == "*") return null;
        // Some clients give back a tag as weak, or lose its quotes on the way.
        var digits = header.StartsWith("W/", StringComparison.Ordinal) ? header[2..] : header;
        if (digits.Length > 2 && digits[0] == '"' && digits[^1] == '"') digits = digits[1..^1];
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var version)) return version;
        refusal = Refusal.Invalid("invalid-if-match", "If-Match takes one version of the job, as its ETag shows it: If-Match: \"7\".");
        return null;
    }
}
