using System.Globalization;
using Yoga.Library;

namespace Yoga.Playbooks;

/// <param name="Url">The film from the second at which the teacher shows it.</param>
/// <param name="WatchTime">Seconds.</param>
internal sealed record PlaylistItem(string Title, string AsanaId, string Url, int WatchTime, string? EventId);

internal sealed record CoachResult(IReadOnlyList<PlaylistItem> Playlist, int TotalWatchTime, int TotalItems);

/// <summary>Playbook 5, <c>yoga_coach_mapping</c>: what to watch. One clip for what matters most first; the whole pose where nothing was off.</summary>
internal static class CoachMapping
{
    public static CoachResult Run(IReadOnlyList<Segment> segments, SafetyResult safety, IReadOnlyList<Asana> library, CoachingOptions options)
    {
        List<PlaylistItem> items = [];
        foreach (var @event in safety.PrioritizedEvents)
        {
            var asana = library.First(asana => asana.AsanaId == @event.AsanaId);
            if (ClipFor(asana, @event) is { } clip) Add(items, asana, clip, @event.EventId, options);
        }

        foreach (var asana in segments.Select(segment => library.First(asana => asana.AsanaId == segment.AsanaId)).Distinct())
        {
            if (asana.Clips.FirstOrDefault(clip => clip.For == "whole") is { } clip) Add(items, asana, clip, null, options);
        }

        return new CoachResult(items, items.Sum(item => item.WatchTime), items.Count);
    }

    private static void Add(List<PlaylistItem> items, Asana asana, Clip clip, string? eventId, CoachingOptions options)
    {
        var url = string.Create(CultureInfo.InvariantCulture, $"{options.VideoUrl}{clip.Video}&t={clip.Start}s");
        // Both knees may be off, and there is one film about knees.
        if (items.Count < options.MaxItems && items.TrueForAll(item => item.Url != url)) items.Add(new PlaylistItem(clip.Title, asana.AsanaId, url, clip.Duration, eventId));
    }

    private static Clip? ClipFor(Asana asana, PoseEvent @event)
    {
        var subject = @event.Type == "angle" ? Subject(@event.Name) : @event.Type;
        return asana.Clips.FirstOrDefault(clip => clip.For == subject) ?? asana.Clips.FirstOrDefault(clip => clip.For == "whole");
    }

    private static string Subject(string angle) => angle[(angle.IndexOf('_', StringComparison.Ordinal) + 1)..];
}
