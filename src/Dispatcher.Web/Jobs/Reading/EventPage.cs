using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Problems;

namespace Dispatcher.Web.Jobs.Reading;

/// <summary>Events of a job in their order.</summary>
/// <param name="Next">Give it as <c>after</c> to go on; absent when these are all that there are now.</param>
internal sealed record EventPage(IReadOnlyList<EventView> Events, long? Next);

/// <summary>Something that happened to a job.</summary>
/// <param name="Seq">Its number in the job, from 1 without gaps.</param>
/// <param name="Type">A stable name: <c>job.completed</c>.</param>
/// <param name="Data">What the event says, by its type.</param>
internal sealed record EventView(long Seq, string Type, DateTimeOffset At, JsonElement Data)
{
    public static EventView Of(StoredEvent stored) => new(stored.SequenceNr, stored.Type, stored.At, JsonElement.Parse(ShownCallback.Event(stored.Type, stored.Payload).Span));
}

/// <summary>Which events of a job to show.</summary>
internal sealed class EventQuery
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    /// <summary>Events that one page looks at, at the most: with a rare type a page is short and not slow.</summary>
    private const int ScanLimit = 5000;

    private readonly long _after;
    private readonly int _limit;
    private readonly string[] _types;

    private EventQuery(long after, int limit, string[] types) => (_after, _limit, _types) = (after, limit, types);

    /// <param name="type">Names with commas between; <c>step.*</c> means all that begin so.</param>
    public static EventQuery Read(long? after, int? limit, string? type, out IReadOnlyList<RequestFault> faults)
    {
        var found = new List<RequestFault>();
        if (after < 0) found.Add(new RequestFault("after", $"is {after}; give the number of the last event that you have, or 0"));
        if (limit is < 1 or > MaxLimit) found.Add(new RequestFault("limit", $"is {limit}; it must be from 1 to {MaxLimit}"));
        var types = type?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        foreach (var name in types)
        {
            if (!EventCodec.Names.Any(known => Matches(known, name)))
                found.Add(new RequestFault("type", $"'{Excerpt.Of(name)}' is no event; known are {string.Join(", ", EventCodec.Names)}, job.* and step.*"));
        }

        faults = found;
        return new EventQuery(after ?? 0, limit ?? DefaultLimit, types);
    }

    public async ValueTask<EventPage> Run(IJobStore store, JobId id)
    {
        var events = new List<EventView>();
        var (last, scanned) = (_after, 0);
        while (events.Count < _limit && scanned < ScanLimit)
        {
            var wanted = _types.Length == 0 ? _limit - events.Count : Math.Min(MaxLimit, ScanLimit - scanned);
            var page = await store.ReadEvents(id, last, wanted);
            foreach (var stored in page)
            {
                if (events.Count == _limit) break;
                if (IsWanted(stored.Type)) events.Add(EventView.Of(stored));
                (last, scanned) = (stored.SequenceNr, scanned + 1);
            }

            if (page.Count < wanted) return new EventPage(events, events.Count == _limit ? last : null);
        }

        return new EventPage(events, last);
    }

    private bool IsWanted(string type) => _types.Length == 0 || _types.Any(wanted => Matches(type, wanted));

    private static bool Matches(string type, string wanted) =>
        wanted.EndsWith(".*", StringComparison.Ordinal) ? type.AsSpan().StartsWith(wanted.AsSpan(0, wanted.Length - 1), StringComparison.Ordinal) : type == wanted;
}
