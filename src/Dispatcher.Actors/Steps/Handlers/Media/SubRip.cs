using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>One subtitle: up to two lines, from and to a time in seconds.</summary>
public sealed record Cue(double Start, double End, string Text);

/// <summary>Subtitles in the SubRip format: numbered cues, times as <c>HH:MM:SS,mmm</c>, at most 2 lines of 42 characters.</summary>
public static class SubRip
{
    public const int LineCharacters = 42;
    public const int Lines = 2;

    /// <summary>The cues of a talk as recorded.</summary>
    public static ImmutableArray<Cue> CuesOf(Transcript transcript) => [.. transcript.Segments.SelectMany(CuesOf)];

    /// <summary>The cues of the cut video: words that were cut are gone, the others move to where they are now heard.</summary>
    public static ImmutableArray<Cue> CuesOf(Transcript transcript, CutTimeline timeline) =>
        [.. transcript.Segments.SelectMany(segment => Shifted(segment, timeline))];

    /// <summary>Writes the file; UTF-8 without a mark, lines end with <c>\n</c>. No cues give an empty file.</summary>
    public static string Write(IEnumerable<Cue> cues)
    {
        var text = new StringBuilder();
        var number = 0;
        foreach (var cue in cues)
        {
            text.Append(CultureInfo.InvariantCulture, $"{++number}\n{Stamp(cue.Start)} --> {Stamp(cue.End)}\n{Wrap(cue.Text)}\n\n");
        }

        return text.ToString();
    }

    /// <summary><c>HH:MM:SS,mmm</c>; hours go past 99 if they must.</summary>
    public static string Stamp(double seconds)
    {
        var milliseconds = Math.Max(0, CutTime.FromSeconds(seconds));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{milliseconds / 3_600_000:00}:{milliseconds / 60_000 % 60:00}:{milliseconds / 1000 % 60:00},{milliseconds % 1000:000}");
    }

    /// <summary>Breaks a text into lines; a word that is longer than a line is broken inside.</summary>
    internal static string Wrap(string text) => string.Join('\n', LinesOf(Pieces(text)));

    private static IEnumerable<Cue> Shifted(TranscriptSegment segment, CutTimeline timeline)
    {
        if (segment.Words is { Length: > 0 } words)
        {
            var moved =
                from word in words
                where timeline.Keeps((word.Start + word.End) / 2)
                let at = timeline.Map(word.Start, word.End)
                where at is not null
                from piece in Spread(at.Value.Start, at.Value.End, word.Text)
                select piece;
            return CuesOf([.. moved]);
        }

        return timeline.Map(segment.Start, segment.End) is { } interval
            ? CuesOf(segment with { Start = interval.Start, End = interval.End })
            : [];
    }

    private static IEnumerable<Cue> CuesOf(TranscriptSegment segment) => CuesOf(
        segment.Words is { Length: > 0 } words
            ? [.. words.SelectMany(word => Spread(word.Start, word.End, word.Text))]
            : Spread(segment.Start, segment.End, segment.Text));

    /// <summary>Fills cues with words until the next word would need a third line.</summary>
    private static IEnumerable<Cue> CuesOf(ImmutableArray<TranscriptWord> words)
    {
        var first = 0;
        for (var i = 1; i <= words.Length; i++)
        {
            if (i < words.Length && LinesOf(words[first..(i + 1)].Select(word => word.Text)).Count <= Lines) continue;
            yield return new Cue(words[first].Start, words[i - 1].End, string.Join(' ', words[first..i].Select(word => word.Text)));
            first = i;
        }
    }

    /// <summary>Gives each word of a text its share of the text's time, by length; also parts a word that is longer than a line.</summary>
    private static ImmutableArray<TranscriptWord> Spread(double start, double end, string text)
    {
        var pieces = Pieces(text).ToList();
        var total = Math.Max(1, pieces.Sum(piece => piece.Length));
        var words = ImmutableArray.CreateBuilder<TranscriptWord>(pieces.Count);
        var before = 0;
        foreach (var piece in pieces)
        {
            double At(int characters) => start + (end - start) * characters / total;
            words.Add(new TranscriptWord(At(before), At(before + piece.Length), piece));
            before += piece.Length;
        }

        return words.MoveToImmutable();
    }

    private static List<string> LinesOf(IEnumerable<string> pieces)
    {
        var lines = new List<string>();
        foreach (var piece in pieces)
        {
            if (lines.Count > 0 && lines[^1].Length + 1 + piece.Length <= LineCharacters) lines[^1] += " " + piece;
            else lines.Add(piece);
        }

        return lines;
    }

    private static IEnumerable<string> Pieces(string text) => text
        .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .SelectMany(word => word.Length <= LineCharacters ? [word] : word.Chunk(LineCharacters).Select(part => new string(part)));
}
