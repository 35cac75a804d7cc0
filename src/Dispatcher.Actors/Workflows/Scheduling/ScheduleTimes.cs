using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Dispatcher.Workflows.Scheduling;

/// <summary>One firing to come.</summary>
/// <param name="Due">When it is due, to the second; the firing's name.</param>
/// <param name="FireAt">When it happens: the jitter later, and no later than the next one is due.</param>
public readonly record struct FireTime(DateTimeOffset Due, DateTimeOffset FireAt);

/// <summary>When a schedule fires: its expression within its window, its pauses and its jitter. Firings happen in the order in which they are due. Immutable.</summary>
public sealed class ScheduleTimes
{
    private static readonly TimeSpan Instant = new(1);

    /// <summary>Two due times of an expression are at least so far apart.</summary>
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly string _id;
    private readonly ScheduleDefinition _definition;
    private readonly DateTimeOffset _anchor;
    private readonly CronExpression? _cron;
    private readonly TimeZoneInfo _zone;

    /// <param name="anchor">From when an interval counts if there is no start: the schedule's creation.</param>
    /// <exception cref="CronException">The expression or the zone cannot be read; <see cref="ScheduleRules"/> told before.</exception>
    public ScheduleTimes(string id, ScheduleDefinition definition, DateTimeOffset anchor)
    {
        (_id, _definition, _anchor) = (id, definition, definition.StartAt ?? anchor);
        _cron = definition.Cron is { } text ? CronExpression.Parse(text) : null;
        _zone = ScheduleZone.Find(definition.TimeZone) ?? throw new CronException("time zone", 1, ScheduleZone.FaultOf(definition.TimeZone));
    }

    /// <summary>The first firing that is due after the given time; null when it does not fire by itself any more.</summary>
    public FireTime? Next(DateTimeOffset after) => _definition switch
    {
        { Enabled: false } or { Pause: { Until: null } } => null,
        { Pause.Until: { } until } when until > after => NextInWindow(until - Instant),
        _ => NextInWindow(after),
    };

    /// <summary>Of those that are due after the given time, the first that happens after now; what is due before it has come.</summary>
    public FireTime? NextAhead(DateTimeOffset after, DateTimeOffset now)
    {
        // What was due by then has come, whatever its jitter.
        var early = now - _definition.Jitter;
        var (behind, ahead) = (early > after ? early : after, now);
        var next = Next(behind);
        if (!HasCome(next)) return next;
        // The last that has come lies between the two.
        while (ahead - behind > Second)
        {
            var middle = behind + ((ahead - behind) / 2);
            if (HasCome(Next(middle))) behind = middle;
            else ahead = middle;
        }

        return Next(ahead);

        bool HasCome(FireTime? time) => time?.FireAt <= now;
    }

    /// <summary>The next firings, whatever its pauses.</summary>
    public IReadOnlyList<FireTime> NextTimes(DateTimeOffset after, int count)
    {
        var times = new List<FireTime>();
        while (times.Count < count && NextInWindow(after) is { } next)
        {
            times.Add(next);
            after = next.Due;
        }

        return times;
    }

    /// <summary>The first that is due after the time, within the window; without regard to pauses.</summary>
    private FireTime? NextInWindow(DateTimeOffset after)
    {
        if (_definition.StartAt is { } start && start > after) after = start - Instant;
        var due = _definition.At is { } at ? at > after ? at.ToUniversalTime() : null : _cron?.Next(after, _zone, _anchor);
        if (due is not { } time || (_definition.EndAt is { } end && time >= end)) return null;
        var jitter = JitterOf(time);
        return new FireTime(time, time < DateTimeOffset.MaxValue - jitter ? time + jitter : DateTimeOffset.MaxValue);
    }

    /// <summary>
    /// Chance that everybody computes alike: whole milliseconds from a hash of id and due time. One that went beyond the next due time would let firings overtake
    /// each other, and who looks for the next one by its due time would pass those by that are still to happen.
    /// </summary>
    private TimeSpan JitterOf(DateTimeOffset due)
    {
        if (_definition.Jitter < TimeSpan.FromMilliseconds(1)) return TimeSpan.Zero;
        var longest = _definition.Jitter;
        if (_cron?.Next(due, _zone, _anchor) is { } following && following - due < longest) longest = following - due;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var text = Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_id}/{due.UtcTicks}"));
        SHA256.HashData(text, hash);
        var limit = (ulong)longest.TotalMilliseconds + 1;
        return TimeSpan.FromMilliseconds((long)(BinaryPrimitives.ReadUInt64BigEndian(hash) % limit));
    }
}
