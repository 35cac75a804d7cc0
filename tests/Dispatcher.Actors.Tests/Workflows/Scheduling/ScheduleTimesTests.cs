using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Actors.Tests.Workflows.Scheduling;

public sealed class ScheduleTimesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly ScheduleDefinition Hourly = new() { Name = "hourly", Cron = "@hourly" };

    [Fact]
    public void Next_IsTheExpressions() => Assert.Equal(new FireTime(Noon.AddHours(1), Noon.AddHours(1)), Next(Hourly, Noon));

    [Fact]
    public void Next_IsNone_WithoutTimes() => Assert.Null(Next(Hourly with { Cron = null }, Noon));

    [Fact]
    public void Next_IsOnce_ForOneTime()
    {
        var once = Hourly with { Cron = null, At = Noon.AddMinutes(5) };

        Assert.Equal(Noon.AddMinutes(5), Next(once, Noon)?.Due);
        Assert.Null(Next(once, Noon.AddMinutes(5)));
    }

    [Fact]
    public void Next_IsWithinTheWindow_WhoseStartCountsAndWhoseEndDoesNot()
    {
        var windowed = Hourly with { StartAt = Noon.AddHours(3), EndAt = Noon.AddHours(5) };

        Assert.Equal(Noon.AddHours(3), Next(windowed, Noon)?.Due);
        Assert.Equal(Noon.AddHours(4), Next(windowed, Noon.AddHours(3))?.Due);
        Assert.Null(Next(windowed, Noon.AddHours(4)));
    }

    [Fact]
    public void Next_WaitsForThePause()
    {
        Assert.Null(Next(Hourly with { Pause = new SchedulePause() }, Noon));
        Assert.Null(Next(Hourly with { Enabled = false }, Noon));
        Assert.Equal(Noon.AddHours(2), Next(Hourly with { Pause = new SchedulePause(Noon.AddHours(2)) }, Noon)?.Due);
        Assert.Equal(Noon.AddHours(3), Next(Hourly with { Pause = new SchedulePause(Noon.AddHours(2)) }, Noon.AddHours(2))?.Due);
    }

    [Fact]
    public void Intervals_CountFromTheStart_OrTheCreation()
    {
        var every = Hourly with { Cron = "@every 10m" };

        Assert.Equal(Noon.AddMinutes(7), Next(every, Noon, anchor: Noon.AddMinutes(-3))?.Due);
        Assert.Equal(Noon.AddMinutes(11), Next(every with { StartAt = Noon.AddMinutes(1) }, Noon, anchor: Noon.AddMinutes(-3))?.Due);
    }

    [Fact]
    public void Jitter_IsTheSameForOneDueTime_AndWithinItsBound_AndSpread()
    {
        var jittered = Hourly with { Cron = "* * * * *", Jitter = TimeSpan.FromSeconds(30) };
        var times = new ScheduleTimes("a", jittered, Noon).NextTimes(Noon, 500);

        Assert.Equal(times, new ScheduleTimes("a", jittered, Noon.AddDays(-1)).NextTimes(Noon, 500));
        Assert.All(times, time => Assert.InRange(time.FireAt - time.Due, TimeSpan.Zero, TimeSpan.FromSeconds(30)));
        Assert.True(times.Select(time => time.FireAt - time.Due).Distinct().Count() > 400);
        Assert.NotEqual(times, new ScheduleTimes("b", jittered, Noon).NextTimes(Noon, 500));
    }

    /// <summary>Or a firing would overtake another one, which nobody looked for then.</summary>
    [Theory]
    [InlineData("* * * * *", 3600)]
    [InlineData("0 9,10 * * *", 86_400)]
    [InlineData("@every 7s", 60)]
    public void Jitter_EndsWithTheNextDueTime(string cron, int seconds)
    {
        var times = new ScheduleTimes("a", Hourly with { Cron = cron, Jitter = TimeSpan.FromSeconds(seconds) }, Noon).NextTimes(Noon, 300);

        Assert.All(times.Zip(times.Skip(1)), pair => Assert.InRange(pair.First.FireAt, pair.First.Due, pair.Second.Due));
        Assert.Contains(times.Zip(times.Skip(1)), pair => pair.First.FireAt - pair.First.Due > (pair.Second.Due - pair.First.Due) / 2);
    }

    [Fact]
    public void NextAhead_IsTheFirstThatHappensAfterNow_AsOneByOneWouldFindIt()
    {
        var random = new Random(5);
        for (var round = 0; round < 400; round++)
        {
            var cron = new[] { "* * * * *", "*/7 * * * * *", "@hourly", "0 9,10 * * *", "@every 90s", "30 2 * * *" }[random.Next(6)];
            var definition = Hourly with { Cron = cron, TimeZone = "America/New_York", Jitter = TimeSpan.FromMilliseconds(random.Next(4) * random.NextInt64(40_000_000)) };
            var times = new ScheduleTimes($"s{round}", definition, Noon);
            var now = Noon.AddMilliseconds(random.NextInt64(20_000_000));

            var expected = times.Next(Noon);
            while (expected?.FireAt <= now) expected = times.Next(expected.Value.Due);

            Assert.True(expected == times.NextAhead(Noon, now), $"Round {round}: {cron} with a jitter of {definition.Jitter} at {now:O}: {times.NextAhead(Noon, now)} and not {expected}");
        }
    }

    [Fact]
    public void Rules_TellEachFault_WithItsField()
    {
        var faults = ScheduleRules.FaultsOf(new ScheduleDefinition
        {
            Name = "",
            Cron = "61 * * * *",
            At = Noon,
            TimeZone = "Nowhere/Land",
            StartAt = Noon,
            EndAt = Noon,
            Jitter = TimeSpan.FromDays(2),
            DependsOn = ["a b"],
            Priority = 101,
            Labels = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("schedule", "x"),
            Input = System.Text.Json.JsonElement.Parse("""{"day":"${schedule.dat","x":"${input.y}"}"""),
        });

        Assert.Equal(
            ["name", "at", "cron", "timezone", "end_at", "jitter", "workflow", "depends_on[0]", "priority", "labels.schedule", "input.day"],
            faults.Select(fault => fault.Path));
        Assert.Contains("minute, column 1: 61 is above 59", faults[2].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnExpressionOverTheJob_IsRefused_InAScheduleAndAWorkflowMayNotNameASchedule()
    {
        var faults = ScheduleRules.FaultsOf(Hourly with { Target = new ScheduleTarget("x"), Input = System.Text.Json.JsonElement.Parse("""{"x":"${input.y}"}""") });

        Assert.Contains("names here are schedule", Assert.Single(faults).Message, StringComparison.Ordinal);
        var exception = Assert.Throws<Dispatcher.Workflows.WorkflowDefinitionException>(() =>
            Dispatcher.Workflows.WorkflowDefinition.Parse("name: a\nversion: 1\nsteps: [ { id: s, uses: noop, with: { x: \"${params.y}\", y: \"${schedule.due}\" } } ]"));
        Assert.Equal(2, exception.Faults.Count(fault => fault.Message.Contains("has no value here", StringComparison.Ordinal)));
    }

    [Fact]
    public void Cycles_AreFound_WithTheirPath()
    {
        var edges = new (string Schedule, string DependsOn)[] { ("b", "c"), ("c", "d"), ("x", "y") }.ToLookup(edge => edge.Schedule, edge => edge.DependsOn, StringComparer.Ordinal);

        Assert.Null(ScheduleGraph.FindCycle("a", ["b", "x"], edges));
        Assert.Equal(["a", "a"], ScheduleGraph.FindCycle("a", ["a"], edges)!);
        Assert.Equal(["d", "x", "b", "c", "d"], ScheduleGraph.FindCycle("d", ["x"], new[] { ("b", "c"), ("c", "d"), ("x", "b") }.ToLookup(edge => edge.Item1, edge => edge.Item2, StringComparer.Ordinal))!);
        Assert.Equal(["d", "b", "c", "d"], ScheduleGraph.FindCycle("d", ["x", "b"], edges)!);
    }

    [Fact]
    public void Keys_OfTwoRuns_AreNeverTheSame()
    {
        Assert.Equal("schedule:team:report.1@2026-03-02T12:00:00Z", FiringKeys.OfDue("team:report.1", Noon));
        Assert.Equal("schedule:a@run:k", FiringKeys.OfRun("a", "k"));
        Assert.NotEqual(FiringKeys.OfDue("a:run", Noon), FiringKeys.OfRun("a", "2026-03-02T12:00:00Z"));
        Assert.NotEqual(FiringKeys.OfPattern("a", "b:c"), FiringKeys.OfPattern("a:b", "c"));
        var (id, key) = (new string('i', ScheduleLimits.IdCharacters), new string('k', 500));
        Assert.InRange(FiringKeys.OfRun(id, key).Length, 1, JobLimits.KeyCharacters);
        Assert.InRange(FiringKeys.OfPattern(id, key).Length, 1, JobLimits.KeyCharacters);
        Assert.NotEqual(FiringKeys.OfRun(id, key), FiringKeys.OfRun(id, key + "k"));
    }

    [Fact]
    public void AFiringAtTheEndOfTime_HasNoJitterBeyondIt()
    {
        var end = DateTimeOffset.MaxValue;

        Assert.Equal(new FireTime(end, end), Next(new ScheduleDefinition { Name = "x", At = end, Jitter = TimeSpan.FromDays(1) }, Noon));
    }

    [Theory]
    [InlineData("America/New_York")]
    [InlineData("Asia/Tokyo")]
    public void TimesAreFound_FromTheBeginningOfTimeOn(string zone) =>
        Assert.NotNull(Next(new ScheduleDefinition { Name = "x", Cron = "@daily", TimeZone = zone }, DateTimeOffset.MinValue));

    [Theory]
    [InlineData("999999999999999999h999999999999999999h999999999999999999h")]
    [InlineData("-999999999999999999h999999999999999999h999999999999999999h")]
    [InlineData("9999999999h")]
    public void ADurationThatIsTooLong_IsNone(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Fact]
    public void Times_AreWritten_AsRfc3339() => Assert.Equal(
        ("2026-03-02T12:00:00Z", "2026-03-02T12:00:00.500000Z"), (FiringLabels.TextOf(Noon), FiringLabels.TextOf(DateTimeOffset.Parse("2026-03-02T13:00:00.5+01:00", CultureInfo.InvariantCulture))));

    private static FireTime? Next(ScheduleDefinition definition, DateTimeOffset after, DateTimeOffset? anchor = null) => new ScheduleTimes("id", definition, anchor ?? Noon).Next(after);
}
