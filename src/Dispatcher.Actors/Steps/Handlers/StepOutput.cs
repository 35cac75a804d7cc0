using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers;

/// <summary>Keeps what a handler did not choose itself, such as a command's output, within the size of a step's output.</summary>
internal static class StepOutput
{
    public const string TooLargeCode = "OUTPUT_TOO_LARGE";

    private const int EscapeBytes = 6;

    /// <summary>The output as JSON.</summary>
    /// <exception cref="StepFailedException">It is larger than a step's output may be.</exception>
    public static JsonElement Of(JsonObject output)
    {
        var element = JsonSerializer.SerializeToElement(output);
        var bytes = SizeOf(element);
        if (bytes <= JobLimits.PayloadBytes) return element;
        throw new StepFailedException(
            ErrorClass.Permanent,
            $"the step's output would be {bytes} bytes as JSON, more than {JobLimits.PayloadBytes}; bigger data goes to the artifact store",
            TooLargeCode);
    }

    /// <summary>Bytes of a value as the journal writes it.</summary>
    public static int SizeOf(JsonElement value) => JsonSerializer.SerializeToUtf8Bytes(value).Length;

    /// <summary>
    /// The beginning or the end of a text that takes at most so many bytes in JSON. Control characters and non-ASCII take six each there.
    /// </summary>
    public static string Fit(string text, int limitBytes, bool keepEnd)
    {
        var used = 0;
        var kept = 0;
        while (kept < text.Length)
        {
            used += CostOf(text[keepEnd ? text.Length - 1 - kept : kept]);
            if (used > limitBytes) break;
            kept++;
        }

        if (kept == text.Length) return text;
        if (keepEnd) return kept > 0 && char.IsLowSurrogate(text[^kept]) ? text[^(kept - 1)..] : text[^kept..];
        return kept > 0 && char.IsHighSurrogate(text[kept - 1]) ? text[..(kept - 1)] : text[..kept];
    }

    private static int CostOf(char character) =>
        character is >= ' ' and < '\u007f' and not ('"' or '&' or '\'' or '+' or '<' or '>' or '\\' or '`') ? 1 : EscapeBytes;
}
