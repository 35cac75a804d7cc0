using System.Globalization;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Actors.Tests.Workflows.Scheduling;

/// <summary>When cron expressions fire: the law of robfig/cron version 3, whose own cases are the first table.</summary>
public sealed class CronExpressionTests
{
    private static readonly TimeZoneInfo NewYork = Zone("America/New_York");

    [Theory]
    [InlineData("2012-07-09T14:45:00Z", "0 0/15 * * * *", "2012-07-09T15:00:00Z")]
    [InlineData("2012-07-09T14:59:59Z", "0 0/15 * * * *", "2012-07-09T15:00:00Z")]
    [InlineData("2012-07-09T15:45:00Z", "0 20-35/15 * * * *", "2012-07-09T16:20:00Z")]
    [InlineData("2012-07-09T23:46:00Z", "0 */15 * * * *", "2012-07-10T00:00:00Z")]
    [InlineData("2012-07-09T23:35:51Z", "15/35 20-35/15 * * * *", "2012-07-10T00:20:15Z")]
    [InlineData("2012-07-09T23:35:51Z", "15/35 20-35/15 1/2 * * *", "2012-07-10T01:20:15Z")]
    [InlineData("2012-07-09T23:35:51Z", "15/35 20-35/15 10-12 * * *", "2012-07-10T10:20:15Z")]
    [InlineData("2012-07-09T23:35:51Z", "15/35 20-35/15 1/2 */2 * *", "2012-07-11T01:20:15Z")]
    [InlineData("2012-07-09T23:35:51Z", "15/35 20-35/15 * 9-20 Jul *", "2012-07-10T00:20:15Z")]
    [InlineData("2012-07-09T23:35:00Z", "0 0 0 9 Apr-Oct ?", "2012-08-09T00:00:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "0 0 0 */5 Apr,Aug,Oct Mon", "2012-08-01T00:00:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "0 0 0 */5 Oct Mon", "2012-10-01T00:00:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "0 0 0 * Feb Mon", "2013-02-04T00:00:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "0 0 0 * Feb Mon/2", "2013-02-01T00:00:00Z")]
    [InlineData("2012-12-31T23:59:45Z", "0 * * * * *", "2013-01-01T00:00:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "0 0 0 29 Feb ?", "2016-02-29T00:00:00Z")]
    [InlineData("2012-11-04T00:00:00-04:00", "TZ=America/New_York 0 0 3 3 * ?", "2012-12-03T03:00:00-05:00")]
    [InlineData("2018-10-17T05:00:00-04:00", "TZ=America/Sao_Paulo 0 0 9 10 * ?", "2018-11-10T06:00:00-05:00")]
    [InlineData("2018-02-14T05:00:00-05:00", "TZ=America/Sao_Paulo 0 0 9 22 * ?", "2018-02-22T07:00:00-05:00")]
    public void Next_IsThatOfRobfig(string after, string expression, string next) => AssertNext(after, expression, next, TimeZoneInfo.Utc);

    /// <summary>New York's clock goes from 01:59:59 -05:00 to 03:00:00 -04:00 on 11 March 2012, and from 01:59:59 -04:00 to 01:00:00 -05:00 on 4 November.</summary>
    [Theory]
    [InlineData("2012-03-11T00:00:00-05:00", "30 2 11 Mar ?", "2013-03-11T02:30:00-04:00")]
    [InlineData("2012-03-11T00:00:00-05:00", "0 * * * ?", "2012-03-11T01:00:00-05:00")]
    [InlineData("2012-03-11T01:00:00-05:00", "0 * * * ?", "2012-03-11T03:00:00-04:00")]
    [InlineData("2012-03-11T03:00:00-04:00", "0 * * * ?", "2012-03-11T04:00:00-04:00")]
    [InlineData("2012-03-11T00:00:00-05:00", "0 2 * * ?", "2012-03-12T02:00:00-04:00")]
    [InlineData("2012-03-11T00:00:00-05:00", "0 1 * * ?", "2012-03-11T01:00:00-05:00")]
    [InlineData("2012-03-11T01:00:00-05:00", "0 1 * * ?", "2012-03-12T01:00:00-04:00")]
    [InlineData("2012-11-04T00:00:00-04:00", "30 2 04 Nov ?", "2012-11-04T02:30:00-05:00")]
    [InlineData("2012-11-04T02:30:00-05:00", "30 2 * * ?", "2012-11-05T02:30:00-05:00")]
    [InlineData("2012-11-04T01:45:00-04:00", "30 1 04 Nov ?", "2012-11-04T01:30:00-05:00")]
    [InlineData("2012-11-04T00:00:00-04:00", "0 * * * ?", "2012-11-04T01:00:00-04:00")]
    [InlineData("2012-11-04T01:00:00-04:00", "0 * * * ?", "2012-11-04T01:00:00-05:00")]
    [InlineData("2012-11-04T01:00:00-05:00", "0 * * * ?", "2012-11-04T02:00:00-05:00")]
    [InlineData("2012-11-04T00:00:00-04:00", "0 1 * * ?", "2012-11-04T01:00:00-04:00")]
    [InlineData("2012-11-04T01:00:00-04:00", "0 1 * * ?", "2012-11-04T01:00:00-05:00")]
    [InlineData("2012-11-04T01:00:00-05:00", "0 1 * * ?", "2012-11-05T01:00:00-05:00")]
    [InlineData("2012-11-04T00:00:00-04:00", "0 2 * * ?", "2012-11-04T02:00:00-05:00")]
    [InlineData("2012-11-04T02:00:00-05:00", "0 2 * * ?", "2012-11-05T02:00:00-05:00")]
    public void Next_OnTheDaysTheClockChanges_InTheNorth(string after, string expression, string next) => AssertNext(after, expression, next, NewYork);

    /// <summary>Sydney: on 7 April 2024 from 02:59:59 +11:00 to 02:00:00 +10:00, on 6 October from 01:59:59 +10:00 to 03:00:00 +11:00. Lord Howe moves half an hour.</summary>
    [Theory]
    [InlineData("Australia/Sydney", "2024-04-07T00:00:00+11:00", "30 2 * * *", "2024-04-07T02:30:00+11:00")]
    [InlineData("Australia/Sydney", "2024-04-07T02:30:00+11:00", "30 2 * * *", "2024-04-07T02:30:00+10:00")]
    [InlineData("Australia/Sydney", "2024-04-07T02:30:00+10:00", "30 2 * * *", "2024-04-08T02:30:00+10:00")]
    [InlineData("Australia/Sydney", "2024-10-06T00:00:00+10:00", "30 2 * * *", "2024-10-07T02:30:00+11:00")]
    [InlineData("Australia/Sydney", "2024-10-06T01:59:00+10:00", "* * * * *", "2024-10-06T03:00:00+11:00")]
    [InlineData("Australia/Lord_Howe", "2024-10-06T00:00:00+10:30", "15 2 * * *", "2024-10-07T02:15:00+11:00")]
    [InlineData("Australia/Lord_Howe", "2024-10-06T00:00:00+10:30", "45 2 * * *", "2024-10-06T02:45:00+11:00")]
    [InlineData("Australia/Lord_Howe", "2024-04-07T01:45:00+11:00", "45 1 * * *", "2024-04-07T01:45:00+10:30")]
    [InlineData("America/Santiago", "2024-09-07T12:00:00-04:00", "30 0 * * *", "2024-09-09T00:30:00-03:00")]
    [InlineData("America/Sao_Paulo", "2018-11-03T12:00:00-03:00", "0 0 * * *", "2018-11-05T00:00:00-02:00")]
    public void Next_OnTheDaysTheClockChanges_InTheSouth(string zone, string after, string expression, string next) => AssertNext(after, expression, next, Zone(zone));

    /// <summary>The seed's example: Monday 09:00 in New York is 13:00 UTC in summer and 14:00 in winter.</summary>
    [Theory]
    [InlineData("2026-07-01T00:00:00Z", "2026-07-06T13:00:00Z")]
    [InlineData("2026-12-01T00:00:00Z", "2026-12-07T14:00:00Z")]
    public void Next_FollowsTheZone_ThroughTheYear(string after, string next) => AssertNext(after, "0 9 * * 1", next, NewYork);

    [Theory]
    [InlineData("2023-03-01T00:00:00Z", "0 0 29 2 *", "2024-02-29T00:00:00Z")]
    [InlineData("2096-03-01T00:00:00Z", "0 0 29 2 *", "2104-02-29T00:00:00Z")]
    [InlineData("2100-02-28T23:59:59Z", "0 0 * * *", "2100-03-01T00:00:00Z")]
    [InlineData("2024-02-28T23:59:59Z", "0 0 * * *", "2024-02-29T00:00:00Z")]
    [InlineData("2026-12-31T23:59:59Z", "* * * * * *", "2027-01-01T00:00:00Z")]
    [InlineData("2026-12-31T23:59:00Z", "@yearly", "2027-01-01T00:00:00Z")]
    [InlineData("2026-01-31T00:00:00Z", "0 0 31 * *", "2026-03-31T00:00:00Z")]
    public void Next_AtLeapDaysAndYearEnds(string after, string expression, string next) => AssertNext(after, expression, next, TimeZoneInfo.Utc);

    /// <summary>13 March 2026 is a Friday.</summary>
    [Theory]
    [InlineData("0 0 13 * FRI", "2026-03-06T00:00:00Z")]
    [InlineData("0 0 13 * *", "2026-03-13T00:00:00Z")]
    [InlineData("0 0 * * 5", "2026-03-06T00:00:00Z")]
    [InlineData("0 0 ? * 5", "2026-03-06T00:00:00Z")]
    [InlineData("0 0 */13 * 5", "2026-03-06T00:00:00Z")]
    [InlineData("0 0 */1 * 5", "2026-03-06T00:00:00Z")]
    [InlineData("0 0 13 * */2", "2026-03-03T00:00:00Z")]
    public void Days_AreEither_WhenBothAreRestricted_AndBoth_WhenOneIsAStar(string expression, string next) =>
        AssertNext("2026-03-02T00:00:00Z", expression, next, TimeZoneInfo.Utc);

    [Theory]
    [InlineData("@yearly", "2027-01-01T00:00:00Z")]
    [InlineData("@annually", "2027-01-01T00:00:00Z")]
    [InlineData("@monthly", "2026-04-01T00:00:00Z")]
    [InlineData("@weekly", "2026-03-08T00:00:00Z")]
    [InlineData("@daily", "2026-03-03T00:00:00Z")]
    [InlineData("@midnight", "2026-03-03T00:00:00Z")]
    [InlineData("@hourly", "2026-03-02T11:00:00Z")]
    [InlineData("@Hourly", "2026-03-02T11:00:00Z")]
    [InlineData("CRON_TZ=Asia/Tokyo @daily", "2026-03-02T15:00:00Z")]
    [InlineData("TZ=Asia/Tokyo 0 9 * * *", "2026-03-03T00:00:00Z")]
    public void Macros_StandForFields(string expression, string next) => AssertNext("2026-03-02T10:30:00Z", expression, next, TimeZoneInfo.Utc);

    [Theory]
    [InlineData("@every 1h30m", "2026-03-02T11:35:07Z")]
    [InlineData("@every 90s", "2026-03-02T10:30:37Z")]
    [InlineData("@every 1.5h", "2026-03-02T11:35:07Z")]
    [InlineData("@every 10ms", "2026-03-02T10:30:01Z")]
    [InlineData("@every 2500ms", "2026-03-02T10:30:01Z")]
    public void Intervals_CountFromTheAnchor_InWholeSeconds(string expression, string next)
    {
        var found = CronExpression.Parse(expression).Next(At("2026-03-02T10:30:00Z"), TimeZoneInfo.Utc, anchor: At("2026-03-02T10:05:07.9Z"));

        Assert.Equal(At(next), found);
    }

    [Fact]
    public void Next_IsAlwaysLater_AndMatches_WhateverTheZone()
    {
        string[] expressions = ["*/7 * * * *", "0 0 * * *", "30 1,2,3 * * *", "0 12 1 */3 ?", "15 10 ? * MON-FRI", "*/20 * * * * *"];
        string[] zones = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham", "Africa/Casablanca"];
        foreach (var zone in zones.Select(Zone))
        {
            foreach (var expression in expressions.Select(CronExpression.Parse))
            {
                var at = At("2024-01-01T00:00:00Z");
                for (var i = 0; i < 300; i++)
                {
                    var next = expression.Next(at, zone, at)!.Value;
                    var local = TimeZoneInfo.ConvertTime(next, zone);
                    Assert.True(next > at, $"{expression.Text} in {zone.Id}: {next} is not after {at}");
                    Assert.True(expression.Minutes.Has(local.Minute) && expression.Hours.Has(local.Hour) && expression.Months.Has(local.Month), $"{expression.Text} in {zone.Id}: {local}");
                    // A jump of some days now and then, so that the whole year is seen.
                    at = i % 3 == 0 ? next.AddDays(2.7) : next;
                }
            }
        }
    }

    /// <summary>Found by going through every minute of two days, which is slow and cannot be wrong.</summary>
    [Theory]
    [InlineData("America/New_York", "2012-03-10T12:00:00Z")]
    [InlineData("America/New_York", "2012-11-03T12:00:00Z")]
    [InlineData("Australia/Lord_Howe", "2024-04-06T00:00:00Z")]
    [InlineData("Australia/Lord_Howe", "2024-10-05T00:00:00Z")]
    [InlineData("America/Santiago", "2024-09-07T00:00:00Z")]
    public void Times_AreThoseAtWhichTheWallClockMatches(string zoneName, string from)
    {
        var zone = Zone(zoneName);
        foreach (var text in new[] { "*/10 0-4 * * *", "30 * * * *", "0 0,1,2,3 * * *" })
        {
            var expression = CronExpression.Parse(text);
            var expected = Enumerable.Range(1, 2 * 24 * 60).Select(minute => At(from).AddMinutes(minute)).Where(time =>
            {
                var local = TimeZoneInfo.ConvertTime(time, zone);
                return expression.Minutes.Has(local.Minute) && expression.Hours.Has(local.Hour);
            }).ToList();
            var found = new List<DateTimeOffset>();
            for (var next = expression.Next(At(from), zone, At(from)); next <= At(from).AddDays(2); next = expression.Next(next.Value, zone, At(from))) found.Add(next.Value);

            Assert.Equal(expected, found);
        }
    }

    [Theory]
    [InlineData("", "", 1, "there is nothing")]
    [InlineData("   ", "", 4, "there is nothing")]
    [InlineData("* * * *", "", 8, "there are 4 fields")]
    [InlineData("* * * * * * *", "", 13, "there are 7 fields")]
    [InlineData("60 * * * *", "minute", 1, "60 is above 59")]
    [InlineData("* 24 * * *", "hour", 3, "24 is above 23")]
    [InlineData("* * 0 * *", "day of month", 5, "0 is below 1")]
    [InlineData("* * 32 * *", "day of month", 5, "32 is above 31")]
    [InlineData("* * * 13 *", "month", 7, "13 is above 12")]
    [InlineData("* * * 0 *", "month", 7, "0 is below 1")]
    [InlineData("* * * * 7", "day of week", 9, "Sunday is 0")]
    [InlineData("* * * * MON-XYZ", "day of week", 13, "'XYZ' is not a number from 0 to 6 or a name")]
    [InlineData("* * * FOO *", "month", 7, "'FOO' is not a number")]
    [InlineData("MON * * * *", "minute", 1, "'MON' is not a number from 0 to 59")]
    [InlineData("61 * * * * *", "second", 1, "61 is above 59")]
    [InlineData("5-1 * * * *", "minute", 1, "goes backwards")]
    [InlineData("* 1-2-3 * * *", "hour", 5, "'2-3' is not")]
    [InlineData("*/0 * * * *", "minute", 3, "the step is 0")]
    [InlineData("*/x * * * *", "minute", 3, "'x' is no step")]
    [InlineData("*/-5 * * * *", "minute", 3, "'-5' is no step")]
    [InlineData("1/2/3 * * * *", "minute", 3, "'2/3' is no step")]
    [InlineData("1,,2 * * * *", "minute", 3, "a value is missing")]
    [InlineData("1, * * * *", "minute", 3, "a value is missing")]
    [InlineData("-1 * * * *", "minute", 1, "a number is missing")]
    [InlineData("1- * * * *", "minute", 3, "a number is missing")]
    [InlineData("*-5 * * * *", "minute", 1, "'*' is not")]
    [InlineData("+5 * * * *", "minute", 1, "'+5' is not")]
    [InlineData("99999999999999999999 * * * *", "minute", 1, "is not a number")]
    [InlineData("٣ * * * *", "minute", 1, "is not a number")]
    [InlineData("0 0 30 2 *", "day of month", 5, "never fires")]
    [InlineData("0 0 31 2,4,6,9,11 ?", "day of month", 5, "never fires")]
    [InlineData("@fortnightly", "", 1, "there is no @fortnightly")]
    [InlineData("@dayly", "", 1, "did you mean '@daily'")]
    [InlineData("@daily 5", "", 8, "nothing follows @daily")]
    [InlineData("@every", "@every", 7, "takes one duration")]
    [InlineData("@every soon", "@every", 8, "'soon' is no duration")]
    [InlineData("@every -5s", "@every", 8, "not more than nothing")]
    [InlineData("@every 0s", "@every", 8, "not more than nothing")]
    [InlineData("@every 99999h", "@every", 8, "is over 366 days")]
    [InlineData("TZ=Mars/Olympus 0 9 * * *", "time zone", 4, "is no IANA time zone")]
    [InlineData("CRON_TZ=../../etc/passwd 0 9 * * *", "time zone", 9, "is no IANA time zone")]
    [InlineData("TZ= 0 9 * * *", "time zone", 4, "is no IANA time zone")]
    [InlineData("0 9 * * *\n", "", 10, "control character")]
    public void Nonsense_IsRefused_WithFieldAndColumn(string expression, string field, int column, string reason)
    {
        var fault = Assert.Throws<CronException>(() => CronExpression.Parse(expression));

        Assert.Equal((field, column), (fault.Field, fault.Column));
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AVeryLongExpression_IsRefused() => Assert.Throws<CronException>(() => CronExpression.Parse(string.Join(',', Enumerable.Repeat("1", 1000)) + " * * * *"));

    [Theory]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5h", 5400)]
    [InlineData("90s", 90)]
    [InlineData("300ms", 0.3)]
    [InlineData("-2m", -120)]
    [InlineData("0", 0)]
    [InlineData("720h", 2592000)]
    public void GoDurations_AreRead(string text, double seconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("h")]
    [InlineData("1x")]
    [InlineData("1h 30m")]
    [InlineData("1.2.3s")]
    [InlineData("-")]
    [InlineData("99999999999999999h")]
    public void OtherTexts_AreNoGoDurations(string text) => Assert.False(GoDuration.TryParse(text, out _));

    private static void AssertNext(string after, string expression, string next, TimeZoneInfo zone) =>
        Assert.Equal(At(next), CronExpression.Parse(expression).Next(At(after), zone, At(after)));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static TimeZoneInfo Zone(string name) => ScheduleZone.Find(name)!;
}
