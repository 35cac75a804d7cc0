using System.Collections.Immutable;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>A part of a long recording; times in seconds.</summary>
internal readonly record struct SpeechChunk(int Index, double Start, double End)
{
    public double Length => End - Start;
}

/// <summary>
/// Parts a long recording, so that the recogniser's work can be resumed after a crash. A part ends in a pause where there is one, so that no
/// word is torn; without a pause near the wanted end it ends there all the same.
/// </summary>
internal static class SpeechChunks
{
    /// <summary>Not right at the edge of a pause, where a word may fade.</summary>
    private const double MarginSeconds = 0.1;

    /// <summary>Parts of about the wanted length; the last one may be up to half as long again, never a short rest.</summary>
    public static ImmutableArray<SpeechChunk> Of(double duration, double wantedSeconds, IReadOnlyList<Silence> silences)
    {
        var chunks = ImmutableArray.CreateBuilder<SpeechChunk>();
        double position = 0;
        while (duration - position > wantedSeconds * 1.5)
        {
            var wanted = position + wantedSeconds;
            var quiet = silences
                .Where(silence => silence.End - silence.Start >= 2 * MarginSeconds)
                .Select(silence => Math.Clamp(wanted, silence.Start + MarginSeconds, silence.End - MarginSeconds))
                .Where(moment => Math.Abs(moment - wanted) < wantedSeconds / 2);
            var end = Math.Round(quiet.DefaultIfEmpty(wanted).MinBy(moment => Math.Abs(moment - wanted)), 2);
            chunks.Add(new SpeechChunk(chunks.Count, position, end));
            position = end;
        }

        chunks.Add(new SpeechChunk(chunks.Count, position, duration));
        return chunks.ToImmutable();
    }
}
