using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Jobs.Listing;

/// <summary>
/// Where a list goes on, as text: the last id, and a checksum over it, the tenant and the filter. So one that was changed, or that belongs to another
/// list, is refused instead of giving a page that makes no sense. It is no secret: it only names a place in the caller's own list.
/// </summary>
internal static class JobCursor
{
    private const int IdBytes = 16;
    private const int ChecksumBytes = 12;

    public static string Write(JobId last, string tenant, JobFilter filter)
    {
        Span<byte> bytes = stackalloc byte[IdBytes + ChecksumBytes];
        last.WriteBytes(bytes);
        Checksum(bytes[..IdBytes], tenant, filter, bytes[IdBytes..]);
        return Base64Url.EncodeToString(bytes);
    }

    public static bool TryRead(string cursor, string tenant, JobFilter filter, out JobId last)
    {
        last = default;
        Span<byte> bytes = stackalloc byte[IdBytes + ChecksumBytes];
        if (cursor.Length != Base64Url.GetEncodedLength(bytes.Length)) return false;
        if (!Base64Url.IsValid(cursor) || !Base64Url.TryDecodeFromChars(cursor, bytes, out var written) || written != bytes.Length) return false;
        Span<byte> expected = stackalloc byte[ChecksumBytes];
        Checksum(bytes[..IdBytes], tenant, filter, expected);
        last = JobId.FromBytes(bytes[..IdBytes]);
        return expected.SequenceEqual(bytes[IdBytes..]);
    }

    private static void Checksum(ReadOnlySpan<byte> id, string tenant, JobFilter filter, Span<byte> checksum)
    {
        var list = new StringBuilder("jobs 1\n");
        foreach (var part in (string?[])[tenant, filter.Status?.ToText(), filter.Workflow, Text(filter.CreatedFrom), Text(filter.CreatedBefore), .. filter.Terms])
            list.Append(CultureInfo.InvariantCulture, $"{part?.Length ?? -1}:{part}\n");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. id, .. Encoding.UTF8.GetBytes(list.ToString())], hash);
        hash[..ChecksumBytes].CopyTo(checksum);
    }

    private static string? Text(DateTimeOffset? time) => time?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
}
