using Dispatcher.Kernel;

namespace Dispatcher.Feed.Callbacks;

/// <summary>The header <c>traceparent</c> (W3C Trace Context, version 00): a callback belongs to the trace of the request that made its job.</summary>
internal static class TraceParent
{
    private const int TraceAt = 3;
    private const int SpanAt = 36;
    private const int FlagsAt = 53;
    private const int Characters = 55;
    private const int SpanBytes = 8;

    /// <summary>The same trace with a new span; null if there is no valid one to follow.</summary>
    public static string? Follow(string? parent, IdGenerator ids)
    {
        if (parent is null || !IsValid(parent)) return null;
        Span<byte> span = stackalloc byte[SpanBytes];
        ids.Fill(span);
        // A span of nothing but zeros means none.
        span[0] |= 1;
        return $"{parent.AsSpan(0, SpanAt)}{Convert.ToHexStringLower(span)}{parent.AsSpan(FlagsAt - 1)}";
    }

    private static bool IsValid(string text) =>
        text.Length == Characters
        && text.StartsWith("00-", StringComparison.Ordinal)
        && text[SpanAt - 1] == '-' && text[FlagsAt - 1] == '-'
        && IsHex(text.AsSpan(TraceAt, SpanAt - 1 - TraceAt)) && text.AsSpan(TraceAt, SpanAt - 1 - TraceAt).ContainsAnyExcept('0')
        && IsHex(text.AsSpan(SpanAt, FlagsAt - 1 - SpanAt)) && IsHex(text.AsSpan(FlagsAt));

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept("0123456789abcdef");
}
