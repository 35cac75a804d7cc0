namespace Dispatcher.Workflows.Scheduling;

/// <summary>
/// When something happens again and again. An instant matches when the wall clock of the zone shows, at that instant, a time that every field allows. So
/// a time that a zone skips in spring does not happen that day, one that it shows twice in autumn happens twice, and each in any zone and hemisphere. Immutable.
/// </summary>
/// <remarks>
/// Days: when day of month and day of week are both restricted, either one is enough; when one of them is a plain <c>*</c> or <c>?</c>, both must allow the day.
/// An interval (<c>@every</c>) counts from an anchor and knows no wall clock.
/// </remarks>
public sealed class CronExpression
{
    /// <summary>29 February comes again after eight years at the most.</summary>
    private const int HorizonYears = 9;

    /// <summary>No zone changes its clock twice within this time.</summary>
    private static readonly TimeSpan ZoneStep = TimeSpan.FromHours(12);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Before it some zones' wall clocks show no time at all.</summary>
    private static readonly DateTimeOffset Earliest = new(2, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal CronExpression(string text, TimeZoneInfo? zone) => (Text, Zone) = (text, zone);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>The zone that the expression names itself; null if it names none.</summary>
    public TimeZoneInfo? Zone { get; }

    /// <summary>The time between two firings of an <c>@every</c>; null for one with fields.</summary>
    public TimeSpan? Interval { get; internal init; }

    internal CronSet Seconds { get; init; }

    internal CronSet Minutes { get; init; }

    internal CronSet Hours { get; init; }

    internal CronSet DaysOfMonth { get; init; }

    internal CronSet Months { get; init; }

    internal CronSet DaysOfWeek { get; init; }

    /// <summary>True when no month has such a day: 30 February.</summary>
    internal bool NeverFires
    {
        get
        {
            if (!DaysOfMonth.IsStar && !DaysOfWeek.IsStar) return false;
            for (var month = Months.First; month > 0; month = Months.From(month + 1))
            {
                // 2000 is a leap year.
                if (DaysOfMonth.First <= DateTime.DaysInMonth(2000, month)) return false;
            }

            return true;
        }
    }

    /// <exception cref="CronException">It cannot be read, or it never fires; names the field and the column.</exception>
    public static CronExpression Parse(string text) => CronParser.Read(text);

    /// <summary>The first time after the given one, in UTC; null if there is none within nine years.</summary>
    /// <param name="zone">Whose wall clock counts, unless the expression names a zone itself.</param>
    /// <param name="anchor">From when an interval counts.</param>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone, DateTimeOffset anchor)
    {
        if (after.Year > DateTime.MaxValue.Year - HorizonYears - 1) return null;
        if (after < Earliest) after = Earliest;
        return Interval is { } interval ? NextOfInterval(after, anchor, interval) : NextOfFields(after, Zone ?? zone);
    }

    private static DateTimeOffset NextOfInterval(DateTimeOffset after, DateTimeOffset anchor, TimeSpan interval)
    {
        var first = FloorToSecond(anchor) + interval;
        if (first > after) return first.ToUniversalTime();
        return (first + ((((after - first).Ticks / interval.Ticks) + 1) * interval)).ToUniversalTime();
    }

    /// <summary>Goes through the stretches in which the zone's offset stays the same; within one, wall times and instants are in the same order.</summary>
    private DateTimeOffset? NextOfFields(DateTimeOffset after, TimeZoneInfo zone)
    {
        var from = FloorToSecond(after) + Second;
        var limit = from.AddYears(HorizonYears);
        while (from < limit)
        {
            var offset = zone.GetUtcOffset(from);
            if (NextWallTime(from.UtcDateTime + offset, limit.UtcDateTime) is not { } wall) return null;
            var candidate = new DateTimeOffset(DateTime.SpecifyKind(wall - offset, DateTimeKind.Utc));
            if (FirstChange(zone, from, candidate, offset) is not { } change) return candidate;
            from = change;
        }

        return null;
    }

    /// <summary>The first instant up to the last at which the zone's offset is another one; null if it stays.</summary>
    private static DateTimeOffset? FirstChange(TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset last, TimeSpan offset)
    {
        if (zone.BaseUtcOffset == offset && !zone.SupportsDaylightSavingTime) return null;
        var same = from;
        while (same < last)
        {
            var next = last - same > ZoneStep ? same + ZoneStep : last;
            if (zone.GetUtcOffset(next) != offset) return ChangeBetween(zone, same, next, offset);
            same = next;
        }

        return null;
    }

    /// <summary>Halves the stretch down to the second.</summary>
    private static DateTimeOffset ChangeBetween(TimeZoneInfo zone, DateTimeOffset same, DateTimeOffset other, TimeSpan offset)
    {
        while (other - same > Second)
        {
            var middle = FloorToSecond(same + ((other - same) / 2));
            if (zone.GetUtcOffset(middle) == offset) same = middle;
            else other = middle;
        }

        return other;
    }

    /// <summary>The first wall time from here on that the fields allow.</summary>
    private DateTime? NextWallTime(DateTime from, DateTime limit)
    {
        var time = from.TimeOfDay;
        for (var day = from.Date; day <= limit; day = day.AddDays(1), time = TimeSpan.Zero)
        {
            if (!Months.Has(day.Month))
            {
                day = new DateTime(day.Year, day.Month, DateTime.DaysInMonth(day.Year, day.Month), 0, 0, 0, DateTimeKind.Unspecified);
                continue;
            }

            if (Allows(day) && NextTimeOfDay(time) is { } found) return day + found;
        }

        return null;
    }

    private bool Allows(DateTime day)
    {
        var (ofMonth, ofWeek) = (DaysOfMonth.Has(day.Day), DaysOfWeek.Has((int)day.DayOfWeek));
        return DaysOfMonth.IsStar || DaysOfWeek.IsStar ? ofMonth && ofWeek : ofMonth || ofWeek;
    }

    private TimeSpan? NextTimeOfDay(TimeSpan from)
    {
        var (hour, minute, second) = (from.Hours, from.Minutes, Seconds.From(from.Seconds));
        if (second < 0) (minute, second) = (minute + 1, Seconds.First);
        var nextMinute = Minutes.From(minute);
        if (nextMinute != minute) second = Seconds.First;
        if (nextMinute < 0) (hour, nextMinute) = (hour + 1, Minutes.First);
        var nextHour = Hours.From(hour);
        if (nextHour < 0) return null;
        return nextHour == hour ? new TimeSpan(hour, nextMinute, second) : new TimeSpan(nextHour, Minutes.First, Seconds.First);
    }

    private static DateTimeOffset FloorToSecond(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}
