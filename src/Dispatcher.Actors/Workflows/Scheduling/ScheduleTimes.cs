using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Dispatcher.Workflows.Scheduling;

/// <summary>One firing to come.</summary>
/// <param name="Due">When it is due, to the second; the firing's name.</param>
/// <param name="FireAt">When it happens: the jitter later.</param>
public readonly record struct FireTime(DateTimeOffset Due, DateTimeOffset FireAt);

/// <summary>When a schedule fires: its expression within its window, its pauses and its jitter. Immutable.</summary>
public sealed class ScheduleTimes
{
    private static readonly TimeSpan Instant = new(1);

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

    /// <summary>The one that is due after another. However short its own delay is, it does not happen before that: firings keep their order, and a longer delay makes no other one late.</summary>
    public FireTime? Next(FireTime firing) => NotBefore(firing.FireAt, Next(firing.Due));

    /// <summary>The next firings, whatever its pauses.</summary>
    public IReadOnlyList<FireTime> NextTimes(DateTimeOffset after, int count)
    {
        var times = new List<FireTime>();
        var firedAt = DateTimeOffset.MinValue;
        while (times.Count < count && NotBefore(firedAt, NextInWindow(after)) is { } next)
        {
            times.Add(next);
            (after, firedAt) = next;
        }

        return times;
    }

    private static FireTime? NotBefore(DateTimeOffset time, FireTime? firing) => firing is { } next && next.FireAt < time ? next with { FireAt = time } : firing;

    /// <summary>The first that is due after the time, within the window; without regard to pauses.</summary>
    private FireTime? NextInWindow(DateTimeOffset after)
    {
        if (_definition.StartAt is { } start && start > after) after = start - Instant;
        var due = _definition.At is { } at ? at > after ? at.ToUniversalTime() : null : _cron?.Next(after, _zone, _anchor);
        if (due is not { } time || (_definition.EndAt is { } end && time >= end)) return null;
        var jitter = JitterOf(time);
        return new FireTime(time, time < DateTimeOffset.MaxValue - jitter ? time + jitter : DateTimeOffset.MaxValue);
    }

    /// <summary>Chance that everybody computes alike: whole milliseconds from a hash of id and due time.</summary>
    private TimeSpan JitterOf(DateTimeOffset due)
    {
        if (_definition.Jitter < TimeSpan.FromMilliseconds(1)) return TimeSpan.Zero;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var text = Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_id}/{due.UtcTicks}"));
        SHA256.HashData(text, hash);
        var limit = (ulong)_definition.Jitter.TotalMilliseconds + 1;
        return TimeSpan.FromMilliseconds((long)(BinaryPrimitives.ReadUInt64BigEndian(hash) % limit));
    }
}
