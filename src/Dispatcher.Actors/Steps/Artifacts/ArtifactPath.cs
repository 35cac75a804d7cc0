using System.Text;
using System.Text.RegularExpressions;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Artifacts;

/// <summary>A file name that the artifact store refuses.</summary>
public sealed class ArtifactPathException(string message) : Exception(message);

/// <summary>
/// The rules for names in the artifact store, checked before a name touches the disk. A name comes from a workflow or from a user's file name, so it
/// is not trusted: it must stay below its job's folder on every file system and mean the same file for everybody who reads it.
/// </summary>
public static partial class ArtifactPath
{
    /// <summary>Names that start so are files on their way in; a committed file never has such a name.</summary>
    public const string TemporaryPrefix = ".dispatcher-tmp-";

    /// <summary>The longest path below a job's folder, in bytes of UTF-8.</summary>
    public const int LimitBytes = 1024;

    /// <summary>The longest file or folder name, in bytes of UTF-8: what ext4, xfs and tmpfs hold.</summary>
    public const int SegmentLimitBytes = 255;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Returns the path if it may be used below a job's folder. Spaces and non-ASCII letters are fine.</summary>
    /// <exception cref="ArtifactPathException">The path is not allowed; the message says why.</exception>
    public static string Checked(string path)
    {
        var fault = Fault(path);
        return fault is null ? path : throw new ArtifactPathException($"The artifact path '{Printable(path)}' is not allowed: {fault}.");
    }

    /// <exception cref="ArtifactPathException">The tenant's name cannot be a folder's name.</exception>
    public static string CheckedTenant(string tenant) => TenantPattern().IsMatch(tenant)
        ? tenant
        : throw new ArtifactPathException(
            $"The tenant '{Printable(tenant)}' is not allowed: 1 to 64 of a-z, 0-9, dash and underscore, with a letter or digit first and last.");

    /// <exception cref="ArtifactPathException">The environment is unknown.</exception>
    public static string CheckedEnvironment(string environment) => environment is "dev" or "stage" or "prod" or "test"
        ? environment
        : throw new ArtifactPathException($"The environment '{Printable(environment)}' is unknown: use dev, stage, prod or test.");

    /// <summary>True for the name (not the path) of a file or folder that was not committed.</summary>
    public static bool IsTemporaryName(ReadOnlySpan<char> name) => name.StartsWith(TemporaryPrefix, StringComparison.Ordinal);

    private static string? Fault(string path)
    {
        if (path.Length == 0) return "it is empty";
        if (path[0] == '/') return "it must be relative to the job's folder";
        if (path[0] == '~') return "it may not start with '~'";
        foreach (var character in path)
        {
            if (character == '\\') return "use forward slashes";
            if (char.IsControl(character)) return "it holds a control character";
        }

        if (BytesOf(path) is not { } bytes) return "it is not valid Unicode";
        if (bytes > LimitBytes) return $"it is {bytes} bytes long, more than {LimitBytes}";
        foreach (var segment in path.Split('/'))
        {
            if (SegmentFault(segment) is { } fault) return fault;
        }

        return null;
    }

    private static string? SegmentFault(string segment)
    {
        if (segment.Length == 0) return "it has an empty segment";
        if (segment is "." or "..") return $"it has a segment '{segment}'";
        if (IsTemporaryName(segment)) return $"names that start with '{TemporaryPrefix}' are reserved";
        return BytesOf(segment) > SegmentLimitBytes ? $"a segment is longer than {SegmentLimitBytes} bytes" : null;
    }

    private static int? BytesOf(string text)
    {
        try
        {
            return StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The name as it may stand in a log line: short, and without what could forge another line.</summary>
    private static string Printable(string text)
    {
        var shown = Excerpt.Of(text, 200);
        return string.Create(shown.Length, shown, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '\uFFFD' : source[i];
        });
    }

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9\-_]{0,62}[a-z0-9])?\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TenantPattern();
}
