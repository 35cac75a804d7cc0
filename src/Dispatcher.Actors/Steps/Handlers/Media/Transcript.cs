using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>What was said, and when: the content of <c>transcripts/transcript.json</c>. Times are seconds from the start of the talk.</summary>
public sealed record Transcript
{
    /// <summary>A week; a later time is a mistake.</summary>
    private const double LimitSeconds = 7 * 86_400;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
    };

    public string? Text { get; init; }

    /// <summary>Two letters, perhaps with a region: <c>en</c>, <c>en-US</c>.</summary>
    public string? Language { get; init; }

    /// <summary>In order of time; empty for a silent talk.</summary>
    public ImmutableArray<TranscriptSegment> Segments { get; init; } = [];

    /// <summary>The mean over the segments of <c>confidence</c>, or of 1 - <c>no_speech_prob</c>; null where no segment says.</summary>
    [JsonIgnore]
    public double? Confidence
    {
        get
        {
            var known = Segments.Select(segment => segment.Confidence ?? 1 - segment.NoSpeechProbability).OfType<double>().ToList();
            return known.Count == 0 ? null : Math.Round(Math.Clamp(known.Average(), 0, 1), 3);
        }
    }

    /// <summary>Groups words into segments, a new one wherever the speaker pauses at least so long.</summary>
    public static Transcript FromWords(IReadOnlyList<TranscriptWord> words, string language, long segmentPauseMs)
    {
        var segments = ImmutableArray.CreateBuilder<TranscriptSegment>();
        for (var first = 0; first < words.Count;)
        {
            var next = first + 1;
            while (next < words.Count && PauseMs(words[next - 1], words[next]) < segmentPauseMs) next++;
            segments.Add(SegmentOf(segments.Count, [.. words.Skip(first).Take(next - first)]));
            first = next;
        }

        var text = string.Join(' ', segments.Select(segment => segment.Text));
        return new Transcript { Text = text, Language = language, Segments = segments.ToImmutable() };
    }

    /// <summary>Reads a transcript.</summary>
    /// <exception cref="StepFailedException"><c>TRANSCRIPT_PARSE</c>: no transcript; <c>TRANSCRIPT_INVALID</c>: impossible times.</exception>
    public static Transcript Parse(string json, string where)
    {
        Transcript? transcript;
        try
        {
            transcript = JsonSerializer.Deserialize<Transcript>(json, Format);
        }
        catch (JsonException fault)
        {
            throw MediaFailure.Permanent(
                MediaFailure.TranscriptParse,
                $"{where} is not a transcript: {fault.Message} Run the transcribe step again, or mend the file.");
        }

        if (transcript is null)
        {
            throw MediaFailure.Permanent(MediaFailure.TranscriptParse, $"{where} holds null. Run the transcribe step again.");
        }

        if (transcript.Segments.IsDefault) transcript = transcript with { Segments = [] };
        transcript.CheckTimes(where);
        return transcript with { Segments = [.. transcript.Segments.OrderBy(segment => segment.Start).ThenBy(segment => segment.End)] };
    }

    /// <summary>Refuses a transcript without speech.</summary>
    /// <exception cref="StepFailedException"><c>TRANSCRIPT_INVALID</c>.</exception>
    public Transcript RequireSpeech(string where) => Segments.Length > 0
        ? this
        : throw MediaFailure.Invalid(
            MediaFailure.TranscriptInvalid,
            $"No speech found: {where} has no segments, so there is nothing to cut. " +
            $"Check that the talk's microphone was on and that its sound is loud enough.");

    public string ToJson() => JsonSerializer.Serialize(this, Format) + "\n";

    private static bool IsInterval(double start, double end) => start >= 0 && start <= end && end <= LimitSeconds;

    private static long PauseMs(TranscriptWord before, TranscriptWord after) =>
        CutTime.FromSeconds(after.Start) - CutTime.FromSeconds(before.End);

    private static TranscriptSegment SegmentOf(int id, ImmutableArray<TranscriptWord> words) => new()
    {
        Id = id,
        Start = words[0].Start,
        End = words[^1].End,
        Text = string.Join(' ', words.Select(word => word.Text)),
        Words = words,
        Confidence = words.All(word => word.Confidence is null) ? null : Math.Round(words.Average(word => word.Confidence ?? 0), 3),
    };

    private void CheckTimes(string where)
    {
        foreach (var segment in Segments)
        {
            var words = segment?.Words ?? [];
            var areWordsValid = words.All(word => word is not null && IsInterval(word.Start, word.End));
            if (segment is not null && IsInterval(segment.Start, segment.End) && areWordsValid) continue;
            throw MediaFailure.Permanent(
                MediaFailure.TranscriptInvalid,
                $"{where}: segment {segment?.Id} ({segment?.Start} s to {segment?.End} s) or one of its words has no valid times: " +
                "needed is 0 <= start <= end <= one week. Run the transcribe step again.");
        }
    }
}

/// <summary>A stretch of speech between two pauses.</summary>
public sealed record TranscriptSegment
{
    public int Id { get; init; }

    public required double Start { get; init; }

    public required double End { get; init; }

    public string Text { get; init; } = "";

    /// <summary>The words with their times; null where the recogniser gives none.</summary>
    public ImmutableArray<TranscriptWord>? Words { get; init; }

    /// <summary>0..1.</summary>
    public double? Confidence { get; init; }

    /// <summary>0..1: some recognisers give this instead of a confidence.</summary>
    [JsonPropertyName("no_speech_prob")]
    public double? NoSpeechProbability { get; init; }
}

/// <summary>One word; times in seconds, confidence 0..1.</summary>
public sealed record TranscriptWord(double Start, double End, string Text, double? Confidence = null);
