using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>The numbers of the cut planner, with the contract's defaults.</summary>
public sealed record CutPlannerOptions
{
    /// <summary>A gap between two segments of at least so long is cut.</summary>
    public long MinPauseMs { get; init; } = 1500;

    /// <summary>Words to cut; one or two words each, in lower case.</summary>
    public ImmutableArray<string> FillerWords { get; init; } = ["um", "uh", "like", "you know", "so", "actually"];

    /// <summary>Cut this much before and after a filler word.</summary>
    public long FillerMarginMs { get; init; } = 300;

    /// <summary>Cuts with at most so much between them become one.</summary>
    public long MergeGapMs { get; init; } = 500;

    /// <summary>Shorter cuts are not worth a jump in the picture.</summary>
    public long MinCutMs { get; init; } = 500;

    /// <summary>Shorter keeps are joined to a neighbour or cut.</summary>
    public long MinKeepMs { get; init; } = 3000;

    /// <summary>Longer keeps are split, so that rendering can be shared out.</summary>
    public long MaxKeepMs { get; init; } = 300_000;

    /// <summary>A long keep is split at a pause of at least so long, if there is one.</summary>
    public long SplitPauseMs { get; init; } = 500;

    public JsonObject ToJson() => new()
    {
        ["minPauseMs"] = MinPauseMs,
        ["fillerWords"] = new JsonArray([.. FillerWords.Select(word => JsonValue.Create(word))]),
        ["fillerMarginMs"] = FillerMarginMs,
        ["mergeGapMs"] = MergeGapMs,
        ["minCutMs"] = MinCutMs,
        ["minKeepMs"] = MinKeepMs,
        ["maxKeepMs"] = MaxKeepMs,
        ["splitPauseMs"] = SplitPauseMs,
    };
}

/// <summary>
/// Decides what stays of a talk, by rules only: a pure function of the transcript and the options (Talk-Avocado contract, planner rules).
/// Two readings of our own: fillers of two words match neighbouring words of a segment, and no cut reaches past the last segment's end.
/// </summary>
public static class CutPlanner
{
    /// <summary>Plans the cuts of a transcript; an empty transcript gives an empty plan.</summary>
    public static CutPlan Plan(Transcript transcript, CutPlannerOptions options)
    {
        var segments = transcript.Segments.OrderBy(segment => segment.Start).ThenBy(segment => segment.End).ToList();
        if (segments.Count == 0) return new CutPlan([]);
        var end = segments.Max(segment => CutTime.FromSeconds(segment.End));
        var pauses = Pauses(segments).ToList();
        var found = Silences(pauses, options).Concat(Fillers(segments, end, options)).OrderBy(cut => cut.StartMs).ThenBy(cut => cut.EndMs);
        var cuts = Merge(found, options).Where(cut => cut.LengthMs >= options.MinCutMs);
        return new CutPlan([.. SplitLongKeeps(SettleShortKeeps(Alternate(cuts, end), options), pauses, options)]);
    }

    /// <summary>
    /// Too short a keep joins the keep right before it, else the one right after it, else becomes a cut. A cut made so stays beside its
    /// neighbours, unmerged, as in the contract.
    /// </summary>
    internal static List<Cut> SettleShortKeeps(IEnumerable<Cut> plan, CutPlannerOptions options)
    {
        var entries = plan.ToList();
        var settled = new List<Cut>();
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            if (!entry.IsKeep || entry.LengthMs >= options.MinKeepMs) settled.Add(entry);
            else if (settled.Count > 0 && settled[^1].IsKeep) settled[^1] = settled[^1] with { EndMs = entry.EndMs };
            else if (i + 1 < entries.Count && entries[i + 1].IsKeep) entries[i + 1] = entries[i + 1] with { StartMs = entry.StartMs };
            else settled.Add(new Cut(entry.StartMs, entry.EndMs, IsKeep: false, $"too_short_{CutTime.Format(entry.LengthMs)}s"));
        }

        return settled;
    }

    /// <summary>Splits keeps past the longest length in the last good pause before it, else into equal parts.</summary>
    internal static IEnumerable<Cut> SplitLongKeeps(IEnumerable<Cut> entries, IReadOnlyList<Pause> pauses, CutPlannerOptions options)
    {
        foreach (var entry in entries)
        {
            if (!entry.IsKeep || entry.LengthMs <= options.MaxKeepMs)
            {
                yield return entry;
                continue;
            }

            var position = entry.StartMs;
            while (entry.EndMs - position > options.MaxKeepMs)
            {
                var next = SplitPoint(position, entry.EndMs, pauses, options);
                yield return Cut.Keep(position, next);
                position = next;
            }

            yield return Cut.Keep(position, entry.EndMs);
        }
    }

    private static IEnumerable<Pause> Pauses(List<TranscriptSegment> segments)
    {
        var end = CutTime.FromSeconds(segments[0].End);
        foreach (var segment in segments.Skip(1))
        {
            var start = CutTime.FromSeconds(segment.Start);
            if (start > end) yield return new Pause(end, start);
            end = Math.Max(end, CutTime.FromSeconds(segment.End));
        }
    }

    private static IEnumerable<Cut> Silences(IEnumerable<Pause> pauses, CutPlannerOptions options) => pauses
        .Where(pause => pause.LengthMs >= options.MinPauseMs)
        .Select(pause => new Cut(pause.StartMs, pause.EndMs, IsKeep: false, $"silence_{pause.LengthMs}ms"));

    private static IEnumerable<Cut> Fillers(IEnumerable<TranscriptSegment> segments, long end, CutPlannerOptions options)
    {
        foreach (var words in segments.Select(segment => segment.Words ?? []))
        {
            for (var i = 0; i < words.Length; i++)
            {
                var two = i + 1 < words.Length ? $"{Normalize(words[i].Text)} {Normalize(words[i + 1].Text)}" : null;
                var isTwo = two is not null && options.FillerWords.Contains(two);
                var filler = isTwo ? two! : Normalize(words[i].Text);
                if (!isTwo && !options.FillerWords.Contains(filler)) continue;
                var last = isTwo ? words[++i] : words[i];
                var first = isTwo ? words[i - 1] : words[i];
                var startMs = Math.Max(0, CutTime.FromSeconds(first.Start) - options.FillerMarginMs);
                var endMs = Math.Min(end, CutTime.FromSeconds(last.End) + options.FillerMarginMs);
                if (endMs > startMs) yield return new Cut(startMs, endMs, IsKeep: false, $"filler_word_{filler.Replace(' ', '_')}");
            }
        }
    }

    private static List<Cut> Merge(IEnumerable<Cut> sorted, CutPlannerOptions options)
    {
        var merged = new List<Cut>();
        foreach (var cut in sorted)
        {
            if (merged.Count > 0 && cut.StartMs - merged[^1].EndMs <= options.MergeGapMs)
            {
                merged[^1] = merged[^1] with { EndMs = Math.Max(merged[^1].EndMs, cut.EndMs), Reason = $"{merged[^1].Reason}+{cut.Reason}" };
            }
            else
            {
                merged.Add(cut);
            }
        }

        return merged;
    }

    private static List<Cut> Alternate(IEnumerable<Cut> cuts, long end)
    {
        var entries = new List<Cut>();
        long position = 0;
        foreach (var cut in cuts)
        {
            var (startMs, endMs) = (CutTime.RoundToHundredth(cut.StartMs), CutTime.RoundToHundredth(cut.EndMs));
            if (startMs > position) entries.Add(Cut.Keep(position, startMs));
            entries.Add(cut with { StartMs = startMs, EndMs = endMs });
            position = endMs;
        }

        end = CutTime.RoundToHundredth(end);
        if (end > position) entries.Add(Cut.Keep(position, end));
        return entries;
    }

    private static long SplitPoint(long start, long end, IReadOnlyList<Pause> pauses, CutPlannerOptions options)
    {
        var latest = Math.Min(start + options.MaxKeepMs, end - options.MinKeepMs);
        var middles = pauses
            .Where(pause => pause.LengthMs >= options.SplitPauseMs)
            .Select(pause => CutTime.RoundToHundredth((pause.StartMs + pause.EndMs) / 2));
        var best = middles.Where(middle => middle >= start + options.MinKeepMs && middle <= latest).DefaultIfEmpty(-1).Max();
        if (best >= 0) return best;
        var parts = (end - start + options.MaxKeepMs - 1) / options.MaxKeepMs;
        return CutTime.RoundToHundredth(start + (end - start) / parts);
    }

    private static string Normalize(string word) => word.Trim().Trim('.', ',', '!', '?', ';', ':', '"', '\'', '…').ToLowerInvariant();

    /// <summary>A gap between two segments.</summary>
    internal readonly record struct Pause(long StartMs, long EndMs)
    {
        public long LengthMs => EndMs - StartMs;
    }
}
